internal import Bytes
package import Loop
internal import Messaging
internal import TLS

/// Who holds a connection.
package protocol RabbitMQConnectionOwner: AnyObject {
    /// The broker takes no publishes of this connection until the next call: its reason, or `nil` where it takes them again.
    func blocked(_ reason: String?, _ connection: RabbitMQConnection)
    /// Everything that had come at once was handed over.
    func receivedAll(_ connection: RabbitMQConnection)
    /// An open connection is over; its publishes and calls have been told before. Never called after `close()`.
    func connectionEnded(_ connection: RabbitMQConnection, _ failure: RabbitMQFailure)
}

/// One connection to a broker, confined to its shard. It is opened once and never again after it ended.
///
/// All frames of a turn go out in one write, at the turn's flush.
package final class RabbitMQConnection {
    /// How many bytes of publishes may wait for their confirmation, sent or not, before `isFull`.
    package static let pendingBytesMaximum = 64 << 20
    /// How many publishes may wait for their confirmation before `isFull`.
    package static let pendingEventsMaximum = 1 << 16
    /// How long a call or an event may wait for its answer.
    package static let replyTimeout: Duration = .seconds(20)
    /// A deadline that is looked at this much too late says that this process stood still, not the broker: it is put off once.
    static let lateness: Duration = .milliseconds(500)

    enum State {
        case connecting
        case greeting
        case open
        case ended
    }

    package let settings: RabbitMQConnectionSettings
    /// Why the connection is over.
    package private(set) var failure: RabbitMQFailure?
    /// Why the broker takes no publishes; `nil` where it does.
    package private(set) var blockedReason: String?

    let loop: EventLoop
    let codec = AMQPCodec()
    var state = State.connecting
    var opening: CheckedContinuation<Result<Void, RabbitMQFailure>, Never>?
    /// Until the connection ends; a weak reference would cost every read the slow path of reference counting.
    private(set) var owner: (any RabbitMQConnectionOwner)?
    private(set) var greeting: RabbitMQGreeting
    private var transport: (any Transport)?
    private var reader = AMQPFrameReader(maximum: Int(RabbitMQGreeting.frameSizeMaximum))
    /// By number; 0 is the connection's own.
    var channels: [RabbitMQChannel?] = [nil]
    var output: [UInt8] = []
    private var isFlushAsked = false
    /// Publishes that wait for their confirmation, and their bytes.
    var pendingEvents = 0
    var pendingBytes = 0
    /// Publishes in the order of sending; those up to `flushed` were written.
    var sent: UInt64 = 0
    private(set) var flushed: UInt64 = 0
    private var isPauseWanted = false
    var isPaused = false
    var tick = Wake.none
    var tickAt = Instant(nanoseconds: 0)
    var connectDeadline: Instant
    var lastReceived: Instant
    var lastSent: Instant

    init(_ settings: RabbitMQConnectionSettings, on loop: EventLoop, owner: any RabbitMQConnectionOwner) {
        self.settings = settings
        self.loop = loop
        self.owner = owner
        greeting = RabbitMQGreeting(settings)
        connectDeadline = loop.now + settings.connectTimeout
        lastReceived = loop.now
        lastSent = loop.now
    }

    /// Connects: one attempt, within the settings' `connectTimeout`.
    package static func open(
        _ settings: RabbitMQConnectionSettings, on loop: EventLoop, owner: any RabbitMQConnectionOwner
    ) async throws(RabbitMQFailure) -> RabbitMQConnection {
        let connection = RabbitMQConnection(settings, on: loop, owner: owner)
        let result = await withCheckedContinuation { continuation in
            connection.opening = continuation
            connection.start()
        }
        try result.get()
        return connection
    }

    /// Whether channels can be opened and used.
    package var isOpen: Bool { state == .open }

    /// Whether a bound is reached: the owner refuses what can be refused.
    package var isFull: Bool {
        pendingBytes >= RabbitMQConnection.pendingBytesMaximum
            || pendingEvents >= RabbitMQConnection.pendingEventsMaximum
    }

    /// Stops reading, as far as nobody waits for an answer of the broker, whose answers come behind its events.
    package func pauseReading() {
        isPauseWanted = true
        applyPause()
    }

    /// Goes on reading.
    package func resumeReading() {
        isPauseWanted = false
        applyPause()
    }

    func applyPause() {
        let pauses = isPauseWanted && state == .open && !channels.contains { $0?.isCalling ?? false }
        guard pauses != isPaused else { return }
        isPaused = pauses
        // What was not read cannot have been seen.
        lastReceived = loop.now
        if pauses { transport?.pauseReading() } else { transport?.resumeReading() }
    }

    /// Says good-bye and closes. What waits for the broker fails with the reason; the owner is not told.
    package func close(because reason: RabbitMQFailure = RabbitMQFailure(.closed, "the connection was closed")) {
        owner = nil
        if state == .open {
            say(.close(code: 200, text: "done"), channel: 0)
            turnEnded()
            transport?.closeAfterWriting()
        }
        finish(reason, says: true)
    }

    // MARK: Life

    private func start() {
        arm()
        guard let tls = settings.tls else {
            transport = ByteStream.connect(to: settings.endpoint, on: loop, delegate: self)
            return
        }
        do throws(TLSError) {
            transport = try TLSStream.connect(
                to: settings.endpoint, serverName: settings.serverName, context: tls, on: loop, delegate: self)
        } catch {
            finish(RabbitMQFailure(.tls, "\(settings.endpoint): \(error)", nativeCode: error.code))
        }
    }

    /// - Parameter says: what is written still goes out.
    func finish(_ failure: RabbitMQFailure, says: Bool = false) {
        guard state != .ended else { return }
        let wasOpen = state == .open
        state = .ended
        self.failure = failure
        loop.cancel(tick)
        if !says || !wasOpen { transport?.close() }
        let channels = channels
        self.channels = [nil]
        for channel in channels { channel?.finish(failure) }
        output = []
        opening.take()?.resume(returning: .failure(failure))
        let owner = owner
        self.owner = nil
        if wasOpen { owner?.connectionEnded(self, failure) }
    }

    // MARK: Input

    private func take(_ kind: AMQPFrameKind, _ number: UInt16, _ payload: RawSpan) throws(RabbitMQFailure) {
        guard state != .ended, kind != .heartbeat else { return }
        if number == 0 {
            guard kind == .method else {
                throw RabbitMQFailure(.protocolViolation, "the broker sent an event without a channel")
            }
            return try takeControl(codec.decode(method: payload))
        }
        guard state == .open, channels.indices.contains(Int(number)), let channel = channels[Int(number)] else {
            return
        }
        try channel.take(kind, payload)
    }

    private func takeControl(_ method: AMQPMethod) throws(RabbitMQFailure) {
        if state == .greeting {
            switch try greeting.take(method) {
            case .say(let requests): for request in requests { try send(request, channel: 0) }
            case .open: opened()
            }
            return
        }
        switch method {
        case .close(let code, let text):
            say(.closeOK, channel: 0)
            turnEnded()
            transport?.closeAfterWriting()
            finish(RabbitMQGreeting.closed(code, text, settings), says: true)
        case .blocked(let reason): setBlocked(reason.isEmpty ? "a resource alarm" : reason)
        case .unblocked: setBlocked(nil)
        default: break
        }
    }

    private func setBlocked(_ reason: String?) {
        blockedReason = reason
        owner?.blocked(reason, self)
    }

    private func opened() {
        state = .open
        arm()
        opening.take()?.resume(returning: .success(()))
    }

    // MARK: Output

    /// Puts a method into the output.
    func send(_ request: AMQPRequest, channel: UInt16) throws(RabbitMQFailure) {
        appendFrame(.method, channel, try codec.encode(request))
    }

    /// The same where nothing can go wrong with the method.
    func say(_ request: AMQPRequest, channel: UInt16) {
        do throws(RabbitMQFailure) {
            try send(request, channel: channel)
        } catch {
            assertionFailure("\(error)")
        }
    }

    func appendFrame(_ kind: AMQPFrameKind, _ channel: UInt16, _ payload: [UInt8]) {
        output.append(capacity: payload.count + 8) { writer in
            writer.frameHead(kind, channel, payload.count)
            writer.write(payload)
            writer.write(AMQPFrameReader.endMark)
        }
        askFlush()
    }

    func askFlush() {
        guard !isFlushAsked else { return }
        isFlushAsked = true
        loop.atFlush(self)
    }
}

extension RabbitMQConnection: TurnParticipant {
    /// All frames of the turn in one write.
    package func turnEnded() {
        isFlushAsked = false
        guard state == .greeting || state == .open, !output.isEmpty, let transport else { return }
        flushed = sent
        lastSent = loop.now
        transport.write(&output)
    }
}

extension RabbitMQConnection: TransportDelegate {
    package func connected() {
        guard state == .connecting else { return }
        let socket = transport as? ByteStream ?? (transport as? TLSStream)?.socket
        socket?.keepAlive()
        state = .greeting
        output.append(contentsOf: RabbitMQGreeting.protocolHeader)
        askFlush()
    }

    package func received(_ bytes: RawSpan) {
        guard state != .ended else { return }
        lastReceived = loop.now
        do throws(RabbitMQFailure) {
            try reader.feed(bytes) { kind, channel, payload throws(RabbitMQFailure) in
                try take(kind, channel, payload)
            }
        } catch {
            var failure = error
            if error.kind == .protocolViolation { failure.reason = "\(settings.endpoint): \(failure.reason)" }
            finish(failure)
        }
        owner?.receivedAll(self)
    }

    package func receivedEnd() {
        finish(RabbitMQFailure(.unavailable, "\(settings.endpoint): the broker closed the connection\(hint)"))
    }

    package func drained() {}

    package func ended(_ reason: TransportEnd) {
        switch reason {
        case .closed: finish(RabbitMQFailure(.unavailable, "\(settings.endpoint): the connection was closed"))
        case .failed(let code, let text):
            let isTLS = (transport as? TLSStream)?.failure.map { $0.kind != .truncated } ?? false
            finish(
                RabbitMQFailure(
                    isTLS ? .tls : .unavailable, "\(settings.endpoint): \(text)\(isTLS ? "" : hint)",
                    nativeCode: Int(code)))
        }
        transport = nil
    }

    /// What is worth a look when a connection ends by itself.
    var hint: String {
        switch (state, settings.tls == nil) {
        case (.connecting, true): "; is RabbitMQ running there, as connectionString says?"
        case (.connecting, false):
            "; is RabbitMQ running there, as connectionString says, and does the port speak TLS (amqps://)?"
        case (.greeting, true): "; does the port want TLS (amqps://)?"
        case (.greeting, false): "; does the broker want a client certificate?"
        case (.open, _), (.ended, _): ""
        }
    }
}

extension ByteWriter {
    /// Kind, channel and length of a frame, the most significant byte first.
    mutating func frameHead(_ kind: AMQPFrameKind, _ channel: UInt16, _ count: Int) {
        write(kind.rawValue)
        write(UInt8(truncatingIfNeeded: channel >> 8))
        write(UInt8(truncatingIfNeeded: channel))
        write(UInt8(truncatingIfNeeded: count >> 24))
        write(UInt8(truncatingIfNeeded: count >> 16))
        write(UInt8(truncatingIfNeeded: count >> 8))
        write(UInt8(truncatingIfNeeded: count))
    }
}
