internal import Loop
internal import MQTTClient
internal import Messaging
internal import TLS

/// One component of MQTT: a connection whose session all subscriptions share, and a connection for publishes.
///
/// Two, because not to read is the only way to hold a broker's events back, and that must not hold back what the broker says to publishes.
/// The first is made with the first subscription. When either ends, both are closed, the runtime is told once, and the next `connect()` makes
/// them anew. Confined to its home shard.
final class MQTTPubSub: PubSub {
    static let subscriptionsMaximum = 10_000
    /// Bytes of unfinished events at which no more are read; one larger event passes alone.
    static let unsettledBytesMaximum = 64 << 20
    /// How long `close()` waits for acknowledgements of the broker.
    static let closeLimit: Duration = .seconds(4)
    /// After how long events that no subscription takes are spoken of.
    static let unroutedPatience: Duration = .seconds(30)
    /// When a subscription that the broker refused is tried again.
    static let refusalPause: Duration = .seconds(10)

    enum Timer: UInt64 {
        case unrouted
        case refused
        case redelivery
    }

    let settings: MQTTPubSubSettings
    let loop: EventLoop
    let context: ComponentContext
    private var host: (any PubSubHost)?
    private var tls: TLSContext?
    var producer: MQTTConnection?
    var consumer: MQTTConnection?
    var isConnected = false
    private var lostWhileConnecting: ComponentError?
    private(set) var isClosed = false
    private var warnings = WarningLimit()
    private var refused: [(PublishEntry, ComponentError)] = []

    var routes = MQTTRoutes()
    var unsettled = MQTTUnsettled()
    var lastSourceID = 0
    /// Events that no subscription takes; they wait for one.
    var unrouted: [Position] = []
    var unroutedWake = Wake.none
    /// Events that the app gave back, and when they are due.
    var delayed: [(due: Instant, position: Position)] = []
    var delayedWake = Wake.none
    var dirty: [MQTTTopicQueue] = []
    var refusalWake = Wake.none
    var isArming = false
    var armWaiters: [CheckedContinuation<Void, Never>] = []
    private var hadSession = false

    init(_ settings: MQTTPubSubSettings, _ context: ComponentContext, _ host: any PubSubHost) {
        self.settings = settings
        self.context = context
        self.host = host
        loop = EventLoop.current
    }

    // MARK: Connecting

    func connect() async throws(ComponentError) {
        guard !isClosed else { throw error(.closed, "connecting", "component is closed") }
        guard !isConnected else { return }
        disconnect()
        lostWhileConnecting = nil
        if settings.hasUnusedCertificates {
            warn("url asks for no TLS, so that caCert, clientCert and clientKey are without effect; use mqtts://")
        }
        do throws(MQTTFailure) {
            // The session first: a broker may have forgotten subscriptions, and what is published before they are back would miss them.
            if !routes.queues.isEmpty { try await arm() }
            producer = try await open(isConsumer: false)
            // Subscriptions that were made meanwhile.
            while routes.queues.contains(where: needsArming) { try await arm() }
        } catch {
            disconnect()
            var error = MQTTErrors.failure(error, action: "connecting")
            error.component = context.title
            throw error
        }
        if let lostWhileConnecting {
            disconnect()
            throw lostWhileConnecting
        }
        guard !isClosed else { throw error(.closed, "connecting", "component is closed") }
        isConnected = true
    }

    /// One attempt to open a connection.
    func open(isConsumer: Bool) async throws(MQTTFailure) -> MQTTConnection {
        let settings = settings.connection(isConsumer: isConsumer, tls: try tlsContext())
        let connection = try await MQTTConnection.open(settings, on: loop, owner: self)
        guard !isClosed else {
            connection.close()
            throw MQTTFailure(.closed, "component is closed")
        }
        return connection
    }

    /// Made at the first attempt: it costs 2.5 MB and reads files.
    private func tlsContext() throws(MQTTFailure) -> TLSContext? {
        if let tls { return tls }
        guard let settings = settings.tls else { return nil }
        do throws(TLSError) {
            tls = try TLSContext(.client, settings)
            return tls
        } catch {
            throw MQTTFailure(.tls, "\(error)", nativeCode: error.code)
        }
    }

    /// The session's connection is there.
    func consumerOpened(_ connection: MQTTConnection) {
        consumer = connection
        unsettled.connected(sessionPresent: connection.sessionPresent)
        if hadSession, !connection.sessionPresent, !settings.isClean {
            warn(
                "the broker has forgotten the session of client \(settings.consumerID): events since the connection was lost may be missing; check its persistence and session expiry"
            )
        }
        hadSession = true
    }

    private func disconnect(_ reason: MQTTFailure = MQTTFailure(.closed, "connecting anew")) {
        isConnected = false
        unsettled.disconnected()
        let connections = [producer, consumer]
        producer = nil
        consumer = nil
        for connection in connections { connection?.close(because: reason) }
    }

    /// A connection is over: the runtime is told once.
    func lost(_ failure: MQTTFailure, action: String) {
        var error = MQTTErrors.failure(failure, action: action)
        error.component = context.title
        error.outcome = .notSent
        guard isConnected else {
            lostWhileConnecting = error
            return
        }
        disconnect(MQTTFailure(failure.kind == .timeout ? .timeout : .unavailable, failure.reason))
        host?.connectionLost(error)
    }

    // MARK: Publishing

    func publish(_ batch: [PublishEntry]) {
        guard let producer, producer.isOpen, isConnected, !isClosed else {
            let reason = isClosed ? "component is closed" : "not connected to \(settings.endpoint)"
            for entry in batch { refuse(entry, isClosed ? .closed : .unavailable, reason) }
            return
        }
        for entry in batch {
            guard !producer.isFull else {
                refuse(entry, .full, "too much waits for the broker to take it; publish again later")
                continue
            }
            let publish = MQTTEventMapping.publish(entry, settings)
            if let refusal = producer.refusal(of: publish) {
                refuse(entry, .refused, refusal.reason)
                continue
            }
            producer.publish(publish, MQTTPublishing(entry, self), token: entry.token)
        }
    }

    /// Ends an entry that is not sent, at the turn's end.
    private func refuse(_ entry: PublishEntry, _ code: ComponentError.Code, _ reason: String) {
        if refused.isEmpty { loop.atTurnEnd(self) }
        refused.append((entry, error(code, "publishing to topic \(entry.topic)", reason)))
    }

    func error(_ code: ComponentError.Code, _ action: String, _ reason: String) -> ComponentError {
        ComponentError(code, component: context.title, action: action, reason: reason)
    }

    // MARK: Closing

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        for wake in [unroutedWake, refusalWake, delayedWake] { loop.cancel(wake) }
        for source in routes.queues.flatMap(\.sources) { await source.cancel() }
        let deadline = loop.now + Self.closeLimit
        while let producer, producer.isOpen, producer.outstanding > 0, loop.now < deadline {
            // A cancelled task still lets out what is on its way.
            try? await loop.sleep(for: .milliseconds(2))
            if Task.isCancelled { break }
        }
        disconnect(MQTTFailure(.closed, "component is closed"))
        host = nil
    }

    /// One line for the user, a few times a minute at most.
    func warn(_ line: String) {
        if let line = warnings.pass(line, now: loop.now) { host?.warn(line) }
    }
}

/// One publish on its way, with what its error needs to name.
private final class MQTTPublishing: MQTTPublishCompletion {
    private let topic: String
    private let completion: any PublishCompletion
    private let component: MQTTPubSub

    init(_ entry: PublishEntry, _ component: MQTTPubSub) {
        topic = entry.topic
        completion = entry.completion
        self.component = component
    }

    func published(_ failure: MQTTFailure?, token: UInt64) {
        guard let failure else { return completion.published(.stored, token: token) }
        var error = MQTTErrors.failure(failure, action: "publishing to topic \(topic)")
        error.component = component.context.title
        completion.published(.failed(error), token: token)
    }
}

extension MQTTPubSub: TurnParticipant {
    /// Tells the publishers whose entries were not sent.
    func turnEnded() {
        let ended = refused
        refused = []
        for (entry, error) in ended { entry.completion.published(.failed(error), token: entry.token) }
    }
}
