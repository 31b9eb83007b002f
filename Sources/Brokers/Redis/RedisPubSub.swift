internal import Loop
internal import Messaging
internal import RedisClient
internal import TLS

/// One component of Redis Streams: a connection for commands, and a connection for each subscription's reads.
///
/// All publishes of a turn go out in one write; replies come in order. When any connection ends, all are closed, the runtime is told once,
/// and the next `connect()` arms every source anew. Confined to its home shard.
final class RedisPubSub: PubSub {
    /// Each subscription has a connection of its own, because a blocked read serves nothing else.
    static let subscriptionsMaximum = 256
    /// A connection without traffic is asked for a sign of life so often, so that a half-open one is found before the next publish.
    static let heartbeatInterval: Duration = .seconds(10)
    /// How long `close()` waits for replies.
    static let closeLimit: Duration = .seconds(4)

    let settings: RedisPubSubSettings
    let loop: EventLoop
    private let context: ComponentContext
    private var host: (any PubSubHost)?
    private(set) var commands: RedisConnection?
    private var tls: TLSContext?
    private var isConnected = false
    private var lostWhileConnecting: ComponentError?
    private(set) var isClosed = false
    private(set) var sources: [RedisSource] = []
    private var unanswered = RedisPublishQueue()
    private var refused: [(PublishEntry, ComponentError)] = []
    private var plain: (topic: String, trim: RedisTrim, start: RedisCommandStart)?
    private var warnings = WarningLimit()
    private var heartbeat = Wake.none
    /// Whether the server lists idle entries only when asked so (6.2 and newer); false once it refused.
    var listsIdle = true

    init(_ settings: RedisPubSubSettings, _ context: ComponentContext, _ host: any PubSubHost) {
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
        do throws(RedisFailure) {
            commands = try await open(name: "commands")
            var armed = 0
            while armed < sources.count {
                try await armAgain(sources[armed])
                armed += 1
            }
        } catch {
            disconnect()
            throw RedisErrors.failure(error, action: "connecting to Redis")
        }
        if let lostWhileConnecting {
            disconnect()
            throw lostWhileConnecting
        }
        guard !isClosed else { throw error(.closed, "connecting", "component is closed") }
        isConnected = true
        armHeartbeat()
    }

    /// A source that Redis refuses must not keep the others from working: it tries again by itself.
    private func armAgain(_ source: RedisSource) async throws(RedisFailure) {
        do throws(RedisSource.ArmFailure) {
            try await source.arm()
        } catch {
            switch error {
            case .failed(let failure): throw failure
            case .refused(let refusal):
                warn("subscribing to topic \(source.topic): \(refusal); trying again")
                source.armLater()
            }
        }
    }

    /// One attempt to open a connection.
    func open(name: String) async throws(RedisFailure) -> RedisConnection {
        if tls == nil { tls = try settings.tlsContext() }
        let connection = try await RedisConnection.open(
            settings.connection(for: context.name, role: name, tls: tls), on: loop, owner: self)
        guard !isClosed else {
            connection.close()
            throw RedisFailure(.closed, "component is closed")
        }
        return connection
    }

    private func disconnect(_ reason: RedisFailure = RedisFailure(.closed, "connecting anew")) {
        isConnected = false
        loop.cancel(heartbeat)
        for source in sources { source.disarm() }
        let commands = commands
        self.commands = nil
        commands?.close(because: reason)
    }

    /// A connection is over, or Redis told that another one is needed: the runtime is told once.
    func lost(_ error: ComponentError) {
        var error = error
        error.component = context.title
        guard isConnected else {
            lostWhileConnecting = error
            return
        }
        disconnect(RedisFailure(error.code == .timeout ? .timeout : .unavailable, error.reason))
        host?.connectionLost(error)
    }

    private func armHeartbeat() {
        heartbeat = loop.wake(at: loop.now + Self.heartbeatInterval, self, token: 0)
    }

    // MARK: Publishing

    func publish(_ batch: [PublishEntry]) {
        guard let commands, commands.isOpen, !isClosed else {
            let reason = isClosed ? "component is closed" : "not connected to \(settings.endpoint)"
            for entry in batch { refuse(entry, isClosed ? .closed : .unavailable, reason) }
            return
        }
        let trim = trim()
        // By index: the loop over the elements would copy each of them.
        for index in batch.indices {
            guard !commands.isFull else {
                refuse(batch[index], .full, "too much waits for Redis to take it; publish again later")
                continue
            }
            let metadata = RedisEventMetadata.encode(batch[index].metadata)
            let topic = batch[index].topic
            unanswered.append(RedisPublishQueue.Publish(batch[index].completion, batch[index].token, topic))
            commands.send(self, token: Reply.publish.rawValue, timeout: settings.replyTimeout, form: .confirmation) {
                output in
                if metadata.isEmpty, batch[index].key.isEmpty {
                    output.begin(plainStart(topic, trim))
                    output.argument(batch[index].body)
                } else {
                    output.addEntry(
                        topic, trim: trim, body: batch[index].body, metadata: metadata, key: batch[index].key)
                }
            }
        }
    }

    /// The beginning of an entry that is nothing but a body: the same as for the entry before, nearly always.
    private func plainStart(_ topic: String, _ trim: RedisTrim) -> RedisCommandStart {
        if let plain, plain.topic == topic, plain.trim == trim { return plain.start }
        let start = RedisCommandStart.of { $0.beginEntry(topic, trim: trim, hasMetadata: false, hasKey: false) }
        plain = (topic, trim, start)
        return start
    }

    private func trim() -> RedisTrim {
        if settings.maximumLength > 0 { return .length(settings.maximumLength) }
        guard settings.maximumAge > .zero else { return .none }
        let now = loop.wallClock / 1_000_000
        return .before(max(0, Int(now) - Int(settings.maximumAge / .milliseconds(1))))
    }

    /// Ends an entry that is not sent, at the turn's end.
    private func refuse(_ entry: PublishEntry, _ code: ComponentError.Code, _ reason: String) {
        if refused.isEmpty { loop.atTurnEnd(self) }
        refused.append((entry, error(code, "publishing to topic \(entry.topic)", reason)))
    }

    private func error(_ code: ComponentError.Code, _ action: String, _ reason: String) -> ComponentError {
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
                .full, action, "a component has at most \(Self.subscriptionsMaximum) subscriptions; add another one")
        }
        let source = RedisSource(request.topic, inlet, self)
        sources.append(source)
        // Without a connection the next `connect()` arms it.
        guard isConnected else { return source }
        do throws(RedisSource.ArmFailure) {
            try await source.arm()
        } catch {
            switch error {
            case .failed(let failure): lost(RedisErrors.failure(failure, action: action))
            case .refused(let refusal):
                sources.removeAll { $0 === source }
                source.disarm()
                var refusal = RedisErrors.refusal(refusal, action: action)
                refusal.component = context.title
                throw refusal
            }
        }
        return source
    }

    /// A subscription has ended.
    func remove(_ source: RedisSource) { sources.removeAll { $0 === source } }

    /// Whether another source of the same stream holds an entry.
    func holds(_ id: Position, topic: String, besides source: RedisSource) -> Bool {
        sources.contains { $0 !== source && $0.topic == topic && $0.holds(id) }
    }

    /// What an ended subscription had not settled goes to the one that goes on with the topic, if there is one.
    func adopt(_ ids: [Position], topic: String) {
        sources.first { $0.topic == topic && !$0.isCancelled }?.adopt(ids)
    }

    // MARK: Closing

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        loop.cancel(heartbeat)
        for source in sources { await source.cancel() }
        let deadline = loop.now + Self.closeLimit
        while let commands, commands.isOpen, commands.outstanding > 0, loop.now < deadline {
            // A cancelled task still lets out what is on its way.
            try? await loop.sleep(for: .milliseconds(2))
            if Task.isCancelled { break }
        }
        isConnected = false
        commands?.close()
        commands = nil
        host = nil
    }

    /// One line for the user, a few times a minute at most.
    func warn(_ line: String) {
        if let line = warnings.pass(line, now: loop.now) { host?.warn(line) }
    }
}

extension RedisPubSub: RedisCompletion {
    private enum Reply: UInt64 {
        case publish
        case heartbeat
    }

    func replied(_ result: RedisResult, token: UInt64) {
        guard token == Reply.publish.rawValue, let publish = unanswered.popFirst() else { return }
        var outcome = RedisErrors.outcome(result, topic: publish.topic)
        if case .failed(var error) = outcome {
            error.component = context.title
            outcome = .failed(error)
        }
        publish.completion.published(outcome, token: publish.token)
        if case .reply(.error(let error)) = result, error.meansReconnect {
            lost(RedisErrors.refusal(error, action: "publishing"))
        }
    }
}

extension RedisPubSub: RedisConnectionOwner {
    func connectionEnded(_ connection: RedisConnection, _ failure: RedisFailure) {
        lost(RedisErrors.failure(failure, action: "talking to Redis"))
    }
}

extension RedisPubSub: TurnParticipant {
    /// Tells the publishers whose entries were not sent.
    func turnEnded() {
        let ended = refused
        refused = []
        for (entry, error) in ended { entry.completion.published(.failed(error), token: entry.token) }
    }
}

extension RedisPubSub: Sleeper {
    func wake(_ token: UInt64) {
        guard isConnected, let commands, commands.isOpen else { return }
        armHeartbeat()
        guard commands.outstanding == 0 else { return }
        commands.send(self, token: Reply.heartbeat.rawValue, timeout: settings.replyTimeout) {
            $0.begin("PING", arguments: 0)
        }
    }
}
