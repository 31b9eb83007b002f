internal import AMQPClient
internal import Loop
internal import Messaging
internal import TLS

/// One component of RabbitMQ: a connection for publishes, and a connection with a channel for each subscription.
///
/// Two, because a broker that is short of memory or disk stops reading what publishers send, and acknowledgements must not wait behind that.
/// The second is made with the first subscription. When either ends, both are closed, the runtime is told once, and the next `connect()` makes
/// them anew, with exchanges, queues and bindings. Confined to its home shard.
final class RabbitMQPubSub: PubSub {
    static let subscriptionsMaximum = 2_000
    /// Bytes of unfinished events at which no more are read; one larger event passes alone.
    static let unsettledBytesMaximum = 64 << 20
    /// How long `close()` waits for confirmations of the broker.
    static let closeLimit: Duration = .seconds(4)
    /// How often events are looked for that were held too long.
    static let holdInterval: Duration = .seconds(30)

    let settings: RabbitMQPubSubSettings
    let loop: EventLoop
    let context: ComponentContext
    private var host: (any PubSubHost)?
    private var tls: TLSContext?
    var producer: RabbitMQConnection?
    var consumer: RabbitMQConnection?
    private(set) var isConnected = false
    private(set) var isClosed = false
    private var lostWhileConnecting: ComponentError?
    private var warnings = WarningLimit()
    private var holdWake = Wake.none

    var sources: [RabbitMQSource] = []
    /// Bytes of unfinished events of all subscriptions, as they tell it.
    var unsettledBytes = 0
    /// Subscriptions that got events in this read.
    private var dirty: [RabbitMQSource] = []
    private(set) lazy var publishing = RabbitMQPublishing(self)

    init(_ settings: RabbitMQPubSubSettings, _ context: ComponentContext, _ host: any PubSubHost) {
        self.settings = settings
        self.context = context
        self.host = host
        loop = EventLoop.current
    }

    // MARK: Connecting

    func connect() async throws(ComponentError) {
        guard !isClosed else { throw error(.closed, "connecting", "component is closed") }
        guard !isConnected else { return }
        disconnect(RabbitMQFailure(.closed, "connecting anew"))
        lostWhileConnecting = nil
        if settings.hasUnusedCertificates {
            warn("there is no TLS, so that caCert, clientCert and clientKey are without effect; use amqps://")
        }
        do throws(RabbitMQFailure) {
            // Queues first: what is published before they are back would miss them.
            try await armAll()
            producer = try await open()
            // Subscriptions that were made meanwhile.
            try await armAll()
        } catch {
            disconnect(RabbitMQFailure(.closed, "connecting anew"))
            var error = RabbitMQErrors.failure(error, action: "connecting")
            error.component = context.title
            throw error
        }
        if let lostWhileConnecting {
            disconnect(RabbitMQFailure(.closed, "connecting anew"))
            throw lostWhileConnecting
        }
        guard !isClosed else { throw error(.closed, "connecting", "component is closed") }
        isConnected = true
        armHoldCheck()
    }

    /// One attempt to open a connection.
    func open() async throws(RabbitMQFailure) -> RabbitMQConnection {
        let settings = settings.connection(tls: try tlsContext())
        let connection = try await RabbitMQConnection.open(settings, on: loop, owner: self)
        guard !isClosed else {
            connection.close()
            throw RabbitMQFailure(.closed, "component is closed")
        }
        return connection
    }

    /// Made at the first attempt: it costs 2.5 MB and reads files.
    private func tlsContext() throws(RabbitMQFailure) -> TLSContext? {
        if let tls { return tls }
        guard let settings = settings.tls else { return nil }
        do throws(TLSError) {
            tls = try TLSContext(.client, settings)
            return tls
        } catch {
            throw RabbitMQFailure(.tls, "\(error)", nativeCode: error.code)
        }
    }

    private func disconnect(_ reason: RabbitMQFailure) {
        isConnected = false
        loop.cancel(holdWake)
        let connections = [producer, consumer]
        producer = nil
        consumer = nil
        for source in sources { source.disarm() }
        publishing.connectionEnded(reason)
        for connection in connections { connection?.close(because: reason) }
    }

    /// A connection is over: the runtime is told once.
    func lost(_ failure: RabbitMQFailure, action: String) {
        var error = RabbitMQErrors.failure(failure, action: action)
        error.component = context.title
        error.outcome = .notSent
        guard isConnected else {
            lostWhileConnecting = error
            return
        }
        disconnect(RabbitMQFailure(failure.kind == .timeout ? .timeout : .unavailable, failure.reason))
        host?.connectionLost(error)
    }

    // MARK: Publishing

    func publish(_ batch: [PublishEntry]) { publishing.publish(batch) }

    func error(_ code: ComponentError.Code, _ action: String, _ reason: String) -> ComponentError {
        ComponentError(code, component: context.title, action: action, reason: reason)
    }

    // MARK: Subscribing

    func subscribe(
        _ request: SubscriptionRequest, into inlet: any Inlet
    ) async throws(ComponentError) -> any TopicSource {
        let action = "subscribing to topic \(request.topic)"
        guard !isClosed else { throw error(.closed, action, "component is closed") }
        guard sources.count < Self.subscriptionsMaximum else {
            throw error(
                .full, action,
                "a component has at most \(Self.subscriptionsMaximum) subscriptions; add another component")
        }
        let source = RabbitMQSource(try topology(request), inlet, self)
        sources.append(source)
        warnOfDeletion()
        // Without a connection the next `connect()` arms it.
        guard isConnected else { return source }
        do throws(RabbitMQFailure) {
            if consumer?.isOpen != true { try await openConsumer() }
            try await source.arm()
        } catch {
            if error.kind == .refused, consumer?.isOpen == true {
                await source.cancel()
                var refusal = RabbitMQErrors.failure(error, action: action)
                refusal.component = context.title
                throw refusal
            }
            lost(error, action: action)
        }
        return source
    }

    private func topology(_ request: SubscriptionRequest) throws(ComponentError) -> RabbitMQTopology {
        do throws(ComponentError) {
            return try RabbitMQTopology(topic: request.topic, request.metadata, settings)
        } catch {
            var error = error
            error.component = context.title
            throw error
        }
    }

    private func warnOfDeletion() {
        guard sources.count == 1, settings.deletesUnused, !settings.isDeletionGiven else { return }
        warn(
            "deletedWhenUnused is not set, and daprd's default is true: a queue goes with its last consumer, and what is in it with the queue; set false to keep events while no instance is connected"
        )
    }

    private func openConsumer() async throws(RabbitMQFailure) {
        let opened = try await open()
        // Another subscription may have been faster.
        if consumer?.isOpen == true { opened.close() } else { consumer = opened }
    }

    /// Arms what is not armed. What the broker refuses does not keep the others from working.
    private func armAll() async throws(RabbitMQFailure) {
        var index = 0
        while index < sources.count {
            let source = sources[index]
            index += 1
            guard !source.isArmed else { continue }
            if consumer?.isOpen != true { try await openConsumer() }
            do throws(RabbitMQFailure) {
                try await source.arm()
            } catch {
                guard error.kind == .refused, consumer?.isOpen == true else { throw error }
                source.refused(error)
            }
        }
    }

    // MARK: Events

    /// A subscription has something to hand over when the read is done.
    func note(_ source: RabbitMQSource) {
        if dirty.last !== source { dirty.append(source) }
    }

    /// Stops reading where too much is unfinished, and goes on where it is not.
    func paceReading() {
        guard let consumer else { return }
        if unsettledBytes >= Self.unsettledBytesMaximum { consumer.pauseReading() } else { consumer.resumeReading() }
    }

    private func armHoldCheck() {
        holdWake = loop.wake(at: loop.now + min(Self.holdInterval, settings.holdLimit / 4), self, token: 0)
    }

    // MARK: Closing

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        loop.cancel(holdWake)
        for source in sources { await source.cancel() }
        let deadline = loop.now + Self.closeLimit
        while let producer, producer.isOpen, publishing.outstanding > 0, loop.now < deadline {
            // A cancelled task still lets out what is on its way.
            try? await loop.sleep(for: .milliseconds(2))
            if Task.isCancelled { break }
        }
        disconnect(RabbitMQFailure(.closed, "component is closed"))
        host = nil
    }

    /// One line for the user, a few times a minute at most.
    func warn(_ line: String) {
        if let line = warnings.pass(line, now: loop.now) { host?.warn(line) }
    }
}

extension RabbitMQPubSub: RabbitMQConnectionOwner {
    func blocked(_ reason: String?, _ connection: RabbitMQConnection) {
        guard connection === producer else { return }
        if let reason {
            warn("the broker takes no events until it is unblocked: \(reason); publishes are refused meanwhile")
        } else {
            warn("the broker takes events again")
        }
    }

    func receivedAll(_ connection: RabbitMQConnection) {
        guard !dirty.isEmpty else { return }
        let sources = dirty
        dirty = []
        for source in sources { source.pump() }
        paceReading()
    }

    func connectionEnded(_ connection: RabbitMQConnection, _ failure: RabbitMQFailure) {
        lost(failure, action: connection === producer ? "talking to the broker" : "receiving from the broker")
    }
}

extension RabbitMQPubSub: Sleeper {
    func wake(_ token: UInt64) {
        guard isConnected, !isClosed else { return }
        for source in sources { source.requeueOverdue() }
        armHoldCheck()
    }
}
