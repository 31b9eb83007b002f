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
    /// The app was found and asked, and its subscriptions were begun; or there is none.
    private var isAppArranged = false
    var configuration = SidecarConfiguration()
    /// What the resource directories held when they were read at the start.
    var files = ResourceFiles()
    var resources = LoadedResources()
    var otherComponents: [ComponentSpec] = []
    var components: [Component] = []
    /// What the app answered when it was asked; nil where its answer was malformed, and then nothing is subscribed.
    var programmatic: [SubscriptionSpec]? = []
    /// The subscriptions there are, running or not.
    var specs: [SubscriptionSpec] = []
    var running: [RunningSubscription] = []
    let arranging = Turnstile()
    /// What was said about subscriptions that cannot be, so that it is said once.
    var subscriptionComplaints: Set<String> = []
    /// Whether events may go to the app now.
    var isDelivering = false
    /// Whether the app was asked what it wants, or there is none to ask.
    var isAppAsked = false
    var hasAskedForSubscriptions = false
    var health: AppHealth?
    let followingHealth = Turnstile()
    var reloading = ReloadState()
    var extended: [String: String] = [:]
    var server: HTTPServer?
    var publicServer: HTTPServer?
    var apis: [APIServer] = []
    var channel: HTTPAppChannel?
    /// Where deliveries go: the channel, behind the bound on calls at once where there is one.
    var destination: (any Destination)?
    var policies: Policies?
    var observation = Observation()
    var httpPort: UInt16 = 0
    private let started: Instant
    private var isAnnounced = false

    /// Runs a sidecar until a signal, an API call or the cancellation of the task ends it. Called on a shard.
    ///
    /// SIGHUP ends it with a drain, and another one with the same flags takes its place and reads everything anew (spec 6.7).
    /// - Returns: the exit status of the process.
    package static func run(options: SidecarOptions, log: Log) async -> Int32 {
        let signals = SignalRelay(loop: .current, log: log)
        defer { signals.close() }
        do {
            if options.watchesSignals { try signals.watch() }
        } catch {
            log.fatal("Fatal error from runtime: \(error.reason)")
            return 1
        }
        var options = options
        while true {
            let sidecar = Sidecar(options: options, log: log, loop: .current)
            signals.target = sidecar.lifecycle
            let status = await sidecar.run()
            guard sidecar.lifecycle.endedFor == .restart else { return status }
            log.info("Restarting: configuration and resources are read again")
            // Callers know the port that was free at the first start, and were told once that it serves.
            options.httpPort = sidecar.httpPort == 0 ? options.httpPort : sidecar.httpPort
            options.whenServing = nil
        }
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
        lifecycle = Lifecycle(loop: loop)
        health = options.appHealthCheck.map { AppHealth(threshold: $0.threshold) }
        started = loop.now
    }

    private func run() async -> Int32 {
        for line in options.notYet() { log.warning(line) }
        do {
            try loadConfiguration()
            try startObserving()
            try loadResources()
            try listen()
            try makeComponents()
            applyPolicies()
            connectComponents()
            loop.launch { await self.serveApp() }
            watchResources()
        } catch {
            log.fatal("Fatal error from runtime: \(error.reason)")
            await shutDown()
            return 1
        }
        let end = await lifecycle.waitForEnd()
        return await finish(end)
    }

    /// Whether the parts are being ended.
    var isOver = false

    /// Whether nothing new is to be begun.
    var isEnding: Bool { lifecycle.isEnding }

    var subscriptions: [Subscription] { running.map(\.subscription) }

    // MARK: Readiness

    /// Called whenever something that is waited for may have been reached.
    func noteReadiness() {
        let wasOutboundReady = readiness.isOutboundReady
        if components.allSatisfy({ $0.isOptional || $0.supervisor.wasConnected }) { readiness.reached(.components) }
        if !wasOutboundReady, readiness.isOutboundReady { options.whenServing?() }
        // Subscriptions whose component was not there need not wait any longer.
        for one in running where !one.wasAttempted && one.component.supervisor.wasConnected { one.pause?.cancel() }
        announceReadiness()
    }

    /// The app's part of the start is done, but for subscriptions that the broker was not asked for yet.
    func appIsServed() {
        isAppArranged = true
        noteServed()
    }

    /// Called whenever a subscription was attempted. Where a group begins with its first subscription, an event that is published before is
    /// gone: nobody shall be told that the sidecar is ready until then.
    func noteServed() {
        let isAsked = running.allSatisfy { $0.wasAttempted || $0.component.isOptional || $0.isEnding }
        if isAppArranged, isAsked { readiness.reached(.runtime) }
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
