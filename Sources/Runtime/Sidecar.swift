internal import AppChannels
internal import Bytes
internal import Delivery
internal import Events
internal import HTTP
internal import HTTPAPI
internal import Loop
internal import Messaging
package import Observability
internal import Resources

/// One sidecar: the wiring diagram.
///
///     resources → components ─→ publisher ←─ API server ←─ callers
///                     │
///                     └→ subscriptions ─→ app channel ─→ app
///
/// It is confined to the shard that runs it. Starting is in this file in its order; what each step does is in the files beside it.
package final class Sidecar {
    let options: SidecarOptions
    let log: Log
    let loop: EventLoop
    let context: ResourceContext
    let random = RandomPool()
    let writer: EnvelopeWriter
    let publisher: Publisher
    let deliveryLog: DeliveryLog
    let lifecycle: Lifecycle
    var tracer: Tracer
    var readiness = Readiness()
    var configuration = SidecarConfiguration()
    var resources = LoadedResources()
    var otherComponents: [ComponentSpec] = []
    var components: [Component] = []
    var specs: [SubscriptionSpec] = []
    var subscriptions: [Subscription] = []
    var extended: [String: String] = [:]
    var server: HTTPServer?
    var publicServer: HTTPServer?
    var apis: [APIServer] = []
    var channel: HTTPAppChannel?
    /// Where deliveries go: the channel, behind the bound on calls at once where there is one.
    var destination: (any Destination)?
    var observation = Observation()
    var httpPort: UInt16 = 0
    private let started: Instant
    private var isAnnounced = false

    /// Runs a sidecar until a signal, an API call or the cancellation of the task ends it. Called on a shard.
    /// - Returns: the exit status of the process.
    package static func run(options: SidecarOptions, log: Log) async -> Int32 {
        let sidecar = Sidecar(options: options, log: log, loop: .current)
        return await sidecar.run()
    }

    private init(options: SidecarOptions, log: Log, loop: EventLoop) {
        self.options = options
        self.log = log
        self.loop = loop
        context = ResourceContext(appID: options.appID, environment: options.environment)
        writer = EnvelopeWriter(random: random)
        publisher = Publisher(appID: options.appID, writer: writer, scheduler: loop)
        tracer = Tracer(mode: .passThrough, random: random)
        deliveryLog = DeliveryLog(log)
        lifecycle = Lifecycle(loop: loop, log: log)
        started = loop.now
    }

    private func run() async -> Int32 {
        for line in options.notYet() { log.warning(line) }
        do {
            try lifecycle.watchSignals(options)
            try loadConfiguration()
            try startObserving()
            try loadResources()
            try listen()
            try makeComponents()
            applyPolicies()
            connectComponents()
            loop.launch { await self.serveApp() }
        } catch {
            log.fatal("Fatal error from runtime: \(error.reason)")
            await shutDown()
            return 1
        }
        let end = await lifecycle.waitForEnd()
        return await finish(end)
    }

    // MARK: Readiness

    /// Called whenever something that is waited for may have been reached.
    func noteReadiness() {
        let wasOutboundReady = readiness.isOutboundReady
        if components.allSatisfy({ $0.isOptional || $0.supervisor.wasConnected }) { readiness.reached(.components) }
        if !wasOutboundReady, readiness.isOutboundReady { options.whenServing?() }
        announceReadiness()
    }

    /// The app's part of the start is done.
    func appIsServed() {
        readiness.reached(.runtime)
        announceReadiness()
    }

    private func announceReadiness() {
        guard !isAnnounced, readiness.isReady else { return }
        isAnnounced = true
        let elapsed = loop.now.elapsed(since: started).wholeNanoseconds / 1_000_000
        log.info("dapr initialized. Status: Running. Init Elapsed \(elapsed)ms")
    }
}

/// Why a sidecar cannot start: one line.
struct StartFailure: Error {
    var reason: String
}
