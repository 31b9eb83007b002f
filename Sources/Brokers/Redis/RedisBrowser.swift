internal import Loop
internal import Messaging
internal import RedisClient
internal import TLS

/// A look at one stream: `XREAD` without a group, over a connection of its own.
final class RedisBrowser: Browser {
    private let settings: RedisPubSubSettings
    private let context: ComponentContext
    private let request: BrowseRequest
    private let loop = EventLoop.current
    private var connection: RedisConnection?
    /// Everything up to here was shown; `nil` until it is known where to begin.
    private var position: Position?
    private var isClosed = false

    init(_ settings: RedisPubSubSettings, _ context: ComponentContext, _ request: BrowseRequest) {
        self.settings = settings
        self.context = context
        self.request = request
    }

    func next(limit: Int, wait: Duration) async throws(ComponentError) -> [BrowsedMessage] {
        let connection = try await connected()
        if position == nil { position = try await begin(connection) }
        let block = max(1, Int(wait.wholeNanoseconds / 1_000_000))
        let words = [
            "XREAD", "COUNT", "\(limit)", "BLOCK", "\(block)", "STREAMS", request.topic,
            (position ?? Position(low: 0)).entryID,
        ]
        let reply = try await call(words, on: connection, .readEntries, timeout: wait + RedisPubSubSettings.blockGrace)
        guard let entries = RedisStreamReplies.entries(reply) else { throw unexpected(reply, to: "XREAD") }
        if let last = entries.last { position = last.id }
        return entries.compactMap { entry in
            guard let body = entry.body else { return nil }
            let metadata = RedisEventMetadata.decode(entry.metadata) ?? Metadata()
            return BrowsedMessage(
                position: entry.id.entryID,
                time: Int64(clamping: entry.id.high).multipliedReportingOverflow(by: 1_000_000)
                    .partialValue,
                message: Message(topic: request.topic, body: body, metadata: metadata, key: entry.key))
        }
    }

    func close() {
        isClosed = true
        connection?.close()
        connection = nil
    }

    private func connected() async throws(ComponentError) -> RedisConnection {
        guard !isClosed else { throw error(.closed, "the look is over") }
        if let connection, connection.isOpen { return connection }
        let opened: RedisConnection
        do throws(RedisFailure) {
            let tls = try settings.tlsContext()
            opened = try await RedisConnection.open(
                settings.connection(for: context.name, role: "tail", tls: tls), on: loop, owner: self)
        } catch {
            throw failed(error)
        }
        guard !isClosed else {
            opened.close()
            throw error(.closed, "the look is over")
        }
        connection = opened
        return opened
    }

    /// Where to begin: in front of everything, or behind the newest entry.
    private func begin(_ connection: RedisConnection) async throws(ComponentError) -> Position {
        guard request.start == .now else { return Position(low: 0) }
        let words = ["XREVRANGE", request.topic, "+", "-", "COUNT", "1"]
        let reply = try await call(words, on: connection, .entries, timeout: settings.replyTimeout)
        guard let entries = RedisStreamReplies.entries(reply) else { throw unexpected(reply, to: "XREVRANGE") }
        return entries.first?.id ?? Position(low: 0)
    }

    private func call(
        _ words: [String], on connection: RedisConnection, _ form: RedisReplyForm, timeout: Duration
    ) async throws(ComponentError) -> RedisReply {
        let reply: RedisReply
        do throws(RedisFailure) {
            reply = try await connection.call(words, timeout: timeout, form: form)
        } catch {
            throw failed(error)
        }
        guard let refusal = reply.error else { return reply }
        var error = RedisErrors.refusal(refusal, action: action)
        error.component = context.title
        throw error
    }

    private var action: String { "looking at topic \(request.topic)" }

    private func failed(_ failure: RedisFailure) -> ComponentError {
        var error = RedisErrors.failure(failure, action: action)
        error.component = context.title
        error.outcome = .notSent
        return error
    }

    private func unexpected(_ reply: RedisReply, to command: String) -> ComponentError {
        error(.protocolViolation, "Redis answered \(command) with \(reply.kindName)")
    }

    private func error(_ code: ComponentError.Code, _ reason: String) -> ComponentError {
        ComponentError(code, component: context.title, action: action, reason: reason)
    }
}

extension RedisBrowser: RedisConnectionOwner {
    /// The next look opens another one.
    func connectionEnded(_ connection: RedisConnection, _ failure: RedisFailure) { self.connection = nil }
}
