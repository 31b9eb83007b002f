package import Loop
internal import Messaging
internal import TLS

/// Who holds a connection and is told of its end.
package protocol RedisConnectionOwner: AnyObject {
    /// An open connection is over; its outstanding commands have been told before. Never called after `close()`.
    func connectionEnded(_ connection: RedisConnection, _ failure: RedisFailure)
}

/// One connection to Redis, confined to its shard. It is opened once and never again after it ended.
package final class RedisConnection {
    /// How many bytes may wait for a server that does not read, before `isFull` asks the owner to refuse more.
    package static let pendingBytesMaximum = 64 << 20
    /// Room for output that is kept from turn to turn: what a busy turn publishes.
    static let keptOutput = 256 * 1024
    /// How many commands may wait for their replies before `isFull`.
    package static let pendingCommandsMaximum = 1 << 17
    /// A deadline that fires this much too late says that this process stood still, not the server: it is put off once.
    static let lateness: Duration = .milliseconds(500)
    /// While bytes still move, in either direction, a deadline is put off in such steps, and by no more than the limit: a slow link is no dead one.
    static let progressStep: Duration = .seconds(1)
    static let progressLimit: Duration = .seconds(30)

    enum State {
        case connecting
        case greeting
        case open
        case ended
    }

    package let settings: RedisConnectionSettings
    /// The number that the server gave the connection; 0 where it does not tell.
    package internal(set) var clientID = 0
    /// Why the connection is over.
    package private(set) var failure: RedisFailure?

    let loop: EventLoop
    var state = State.connecting
    var opening: CheckedContinuation<Result<Void, RedisFailure>, Never>?
    /// Let go of when it is over: a weak reference would make every count of the owner take the slow path.
    private var owner: (any RedisConnectionOwner)?
    private var transport: (any Transport)?
    private let reader = RedisReplyReader()
    private var output = RedisOutput()
    private var pending = RedisPendingQueue()
    private var unwritten = 0
    private var isFlushAsked = false
    private var lastTimeout: (duration: Duration, nanoseconds: UInt64) = (.zero, 0)
    private var deadlineWake = Wake.none
    private var deadlineAt = Instant(nanoseconds: 0)
    private var hasGivenGrace = false
    private var receivedBytes = 0
    private var progress = (received: 0, pending: 0)

    init(_ settings: RedisConnectionSettings, on loop: EventLoop, owner: any RedisConnectionOwner) {
        self.settings = settings
        self.loop = loop
        self.owner = owner
    }

    // MARK: For owners

    /// Whether commands can be sent.
    package var isOpen: Bool { state == .open }

    /// Whether a bound is reached: the owner refuses what can be refused.
    package var isFull: Bool {
        pending.count >= RedisConnection.pendingCommandsMaximum
            || output.count + (transport?.pendingBytes ?? 0) >= RedisConnection.pendingBytesMaximum
    }

    /// How many commands wait for their replies.
    package var outstanding: Int { pending.count }

    /// Sends a command: it goes out with all others of this turn, in one write.
    /// - Parameters:
    ///   - completion: is told the reply, never from inside this call.
    ///   - timeout: the connection ends when the reply is not there by then.
    ///   - form: what is wanted of the reply.
    ///   - body: writes exactly one command. It must not use the connection.
    package func send(
        _ completion: any RedisCompletion, token: UInt64 = 0, timeout: Duration, form: RedisReplyForm = .whole,
        _ body: (inout RedisOutput) -> Void
    ) {
        precondition(state != .ended, "a command is sent on a connection that is over")
        body(&output)
        output.assertComplete()
        // Nearly all commands have the same timeout, and `Duration` costs a long division each time.
        if timeout != lastTimeout.duration { lastTimeout = (timeout, timeout.wholeNanoseconds) }
        let deadline = loop.now.later(by: lastTimeout.nanoseconds)
        pending.append(
            RedisPendingQueue.Command(completion: completion, token: token, deadline: deadline, form: form))
        unwritten += 1
        if deadlineWake == .none || deadline < deadlineAt { armDeadline(deadline) }
        if !isFlushAsked {
            isFlushAsked = true
            loop.atFlush(self)
        }
    }

    /// Closes now. Outstanding commands fail with the reason; the owner is not told.
    package func close(because reason: RedisFailure = RedisFailure(.closed, "the connection was closed")) {
        owner = nil
        finish(reason)
    }

    // MARK: Life

    func start() {
        armDeadline(loop.now + settings.connectTimeout)
        guard let tls = settings.tls else {
            transport = ByteStream.connect(to: settings.endpoint, on: loop, delegate: self)
            return
        }
        do throws(TLSError) {
            transport = try TLSStream.connect(
                to: settings.endpoint, serverName: settings.serverName, context: tls, on: loop, delegate: self)
        } catch {
            finish(RedisFailure(.tls, "\(settings.endpoint): \(error)", nativeCode: error.code))
        }
    }

    func finish(_ failure: RedisFailure) {
        guard state != .ended else { return }
        let wasOpen = state == .open
        state = .ended
        self.failure = failure
        loop.cancel(deadlineWake)
        transport?.close()
        failOutstanding(failure)
        if let opening = opening.take() { opening.resume(returning: .failure(failure)) }
        let owner = owner.take()
        if wasOpen { owner?.connectionEnded(self, failure) }
    }

    private func failOutstanding(_ failure: RedisFailure) {
        var written = pending.count - unwritten
        while let command = pending.popFirst() {
            var failure = failure
            failure.wasWritten = written > 0
            written -= 1
            command.completion.replied(.failed(failure), token: command.token)
        }
        unwritten = 0
    }

    /// Whether bytes came or went since a deadline was set.
    private func bytesHaveMoved() -> Bool {
        receivedBytes != progress.received || (transport?.pendingBytes ?? 0) < progress.pending
    }

    private func armDeadline(_ moment: Instant) {
        loop.cancel(deadlineWake)
        progress = (receivedBytes, transport?.pendingBytes ?? 0)
        deadlineAt = moment
        deadlineWake = loop.wake(at: moment, self, token: 0)
    }
}

extension RedisConnection: TurnParticipant {
    /// All commands of the turn in one write.
    package func turnEnded() {
        isFlushAsked = false
        guard state != .ended, !output.isEmpty, let transport else { return }
        unwritten = 0
        output.drain { transport.write(&$0) }
        progress.pending = max(progress.pending, transport.pendingBytes)
    }
}

extension RedisConnection: Sleeper {
    /// Replies come in order, so the oldest command's deadline is the only one to look at.
    package func wake(_ token: UInt64) {
        deadlineWake = .none
        guard state != .ended else { return }
        let late = loop.now.elapsed(since: deadlineAt)
        if state != .open {
            return finish(
                RedisFailure(.timeout, "\(settings.endpoint): no connection within \(settings.connectTimeout)\(hint)"))
        }
        guard let oldest = pending.first else { return }
        if loop.now < oldest.deadline { return armDeadline(oldest.deadline) }
        if late > RedisConnection.lateness, !hasGivenGrace {
            hasGivenGrace = true
            return armDeadline(loop.now + RedisConnection.lateness)
        }
        if bytesHaveMoved(), loop.now < oldest.deadline + RedisConnection.progressLimit {
            return armDeadline(loop.now + RedisConnection.progressStep)
        }
        finish(RedisFailure(.timeout, "\(settings.endpoint): no reply in time; the connection is given up"))
    }
}

extension RedisConnection: TransportDelegate {
    package func connected() {
        guard state == .connecting else { return }
        let socket = transport as? ByteStream ?? (transport as? TLSStream)?.socket
        socket?.keepAlive()
        socket?.keptCapacity = RedisConnection.keptOutput
        state = .greeting
        RedisGreeting(self).send()
    }

    package func received(_ bytes: RawSpan) {
        guard state != .ended else { return }
        receivedBytes += bytes.byteCount
        do throws(RedisFailure) {
            try reader.feed(bytes)
            while state != .ended, let reply = try reader.next(pending.firstForm) {
                guard let command = pending.popFirst() else {
                    throw RedisFailure(.protocolViolation, "the server sent a reply that nobody asked for")
                }
                hasGivenGrace = false
                command.completion.replied(.reply(reply), token: command.token)
            }
        } catch {
            var failure = error
            failure.reason = "\(settings.endpoint): \(failure.reason)"
            finish(failure)
        }
    }

    package func receivedEnd() {
        finish(RedisFailure(.unavailable, "\(settings.endpoint): the server closed the connection\(hint)"))
    }

    package func drained() {}

    /// What is worth a look when a connection ends before it is open.
    fileprivate var hint: String {
        switch (state, settings.tls == nil) {
        case (.connecting, true): "; is Redis running there?"
        case (.connecting, false): "; is Redis running there, and does the port speak TLS?"
        case (.greeting, true): "; does the port want TLS (enableTLS)?"
        case (.greeting, false): "; does the server want a client certificate?"
        case (.open, _), (.ended, _): ""
        }
    }

    package func ended(_ reason: TransportEnd) {
        switch reason {
        case .closed: finish(RedisFailure(.unavailable, "\(settings.endpoint): the connection was closed"))
        case .failed(let code, let text):
            let isTLS = (transport as? TLSStream)?.failure.map { $0.kind != .truncated } ?? false
            finish(
                RedisFailure(
                    isTLS ? .tls : .unavailable, "\(settings.endpoint): \(text)\(isTLS ? "" : hint)",
                    nativeCode: Int(code)))
        }
        transport = nil
    }
}
