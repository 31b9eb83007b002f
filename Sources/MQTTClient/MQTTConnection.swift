internal import Bytes
package import Loop
internal import Messaging
internal import TLS

/// One connection to a broker, confined to its shard. It is opened once and never again after it ended.
///
/// All packets of a turn go out in one write, at the turn's flush.
package final class MQTTConnection {
    /// How many bytes of publishes may wait for the broker, sent or not, before `isFull`.
    package static let pendingBytesMaximum = 64 << 20
    /// How many publishes may wait for the broker, sent or not, before `isFull`.
    package static let pendingEventsMaximum = 1 << 16
    /// How many of them are in flight at most where the broker does not say less.
    static let inFlightMaximum = 4_096
    /// How long a SUBSCRIBE or an event may wait for its acknowledgement (spec 3.7).
    package static let replyTimeout: Duration = .seconds(20)
    /// A deadline that is looked at this much too late says that this process stood still, not the broker: it is put off once.
    static let lateness: Duration = .milliseconds(500)

    enum State {
        case connecting
        case greeting
        case open
        case ended
    }

    package let settings: MQTTConnectionSettings
    /// Whether the broker had kept the session.
    package internal(set) var sessionPresent = false
    /// What the broker takes.
    package internal(set) var limits = MQTTBrokerLimits()
    /// Why the connection is over.
    package private(set) var failure: MQTTFailure?

    let loop: EventLoop
    var state = State.connecting
    var opening: CheckedContinuation<Result<Void, MQTTFailure>, Never>?
    var requests: [MQTTRequest] = []
    var session: MQTTSession?
    weak var owner: (any MQTTConnectionOwner)?
    private(set) var transport: (any Transport)?
    private var reader: MQTTPacketReader
    var output: [UInt8] = []
    private var isFlushAsked = false
    var window = MQTTPublishWindow<MQTTWaiter>(limit: 1)
    /// Events of QoS 0 that are not written yet.
    var unacknowledged: [MQTTWaiter] = []
    var waiting: [(publish: MQTTPublish, waiter: MQTTWaiter)] = []
    var firstWaiting = 0
    var pendingBytes = 0
    var sent: UInt64 = 0
    private(set) var flushed: UInt64 = 0
    private var isPauseWanted = false
    private var isPaused = false
    private var tick = Wake.none
    private var tickAt = Instant(nanoseconds: 0)
    private var connectDeadline: Instant
    var lastReceived: Instant
    var lastSent: Instant
    private var pingSent: Instant?

    init(_ settings: MQTTConnectionSettings, on loop: EventLoop, owner: any MQTTConnectionOwner) {
        self.settings = settings
        self.loop = loop
        self.owner = owner
        reader = MQTTPacketReader(maximum: settings.packetSizeMaximum)
        connectDeadline = loop.now + settings.connectTimeout
        lastReceived = loop.now
        lastSent = loop.now
    }

    /// Whether events can be sent and acknowledged.
    package var isOpen: Bool { state == .open }

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
        let pauses = isPauseWanted && requests.isEmpty && state == .open
        guard pauses != isPaused else { return }
        isPaused = pauses
        pingSent = nil
        // What was not read cannot have been seen.
        lastReceived = loop.now
        if pauses { transport?.pauseReading() } else { transport?.resumeReading() }
    }

    /// Says good-bye and closes. What waits for the broker fails with the reason; the owner is not told.
    package func close(because reason: MQTTFailure = MQTTFailure(.closed, "the connection was closed")) {
        owner = nil
        if state == .open {
            session?.disconnect()
            takeControlOutput()
            turnEnded()
            transport?.closeAfterWriting()
        }
        finish(reason)
    }

    // MARK: Life

    func start() {
        arm()
        do throws(MQTTFailure) {
            session = try MQTTSession(settings)
        } catch {
            return finish(error)
        }
        guard let tls = settings.tls else {
            transport = ByteStream.connect(to: settings.endpoint, on: loop, delegate: self)
            return
        }
        do throws(TLSError) {
            transport = try TLSStream.connect(
                to: settings.endpoint, serverName: settings.serverName, context: tls, on: loop, delegate: self)
        } catch {
            finish(MQTTFailure(.tls, "\(settings.endpoint): \(error)", nativeCode: error.code))
        }
    }

    func opened(_ limits: MQTTBrokerLimits, sessionPresent: Bool) {
        self.limits = limits
        self.sessionPresent = sessionPresent
        window = MQTTPublishWindow(limit: min(limits.inFlight, MQTTConnection.inFlightMaximum))
        state = .open
        arm()
        owner?.opened(self)
        opening.take()?.resume(returning: .success(()))
    }

    func finish(_ failure: MQTTFailure) {
        guard state != .ended else { return }
        let wasOpen = state == .open
        state = .ended
        self.failure = failure
        loop.cancel(tick)
        // After a good-bye the transport is closing already, which this does not change.
        if failure.kind != .closed || !wasOpen { transport?.close() }
        failWaiters(failure)
        session = nil
        opening.take()?.resume(returning: .failure(failure))
        let requests = requests
        self.requests = []
        for request in requests { request.continuation?.resume(returning: .failure(failure)) }
        if wasOpen { owner?.connectionEnded(self, failure) }
    }

    // MARK: Output

    /// What libmosquitto has for the broker goes behind what is there.
    func takeControlOutput() {
        session?.takeOutput(into: &output)
        askFlush()
    }

    func askFlush() {
        guard !isFlushAsked else { return }
        isFlushAsked = true
        loop.atFlush(self)
    }

    // MARK: Time

    private var keepAlive: Duration { .seconds(Int(limits.keepAlive > 0 ? limits.keepAlive : settings.keepAlive)) }

    /// Looks after the connection every eighth of the keep-alive time, and every second while somebody waits.
    func arm() {
        loop.cancel(tick)
        var interval = min(max(keepAlive / 8, .milliseconds(100)), .seconds(8))
        if state != .open || window.count > 0 || !requests.isEmpty { interval = min(interval, .seconds(1)) }
        tickAt = loop.now + interval
        tick = loop.wake(at: tickAt, self, token: 0)
    }

    /// Somebody waits from now on.
    func armSoon() {
        if tickAt > loop.now + .seconds(1) { arm() }
    }

    private func isOverdue(_ now: Instant) -> MQTTFailure? {
        if state != .open {
            guard now >= connectDeadline else { return nil }
            return MQTTFailure(
                .timeout, "\(settings.endpoint): no connection within \(settings.connectTimeout)\(hint)")
        }
        if requests.contains(where: { $0.deadline <= now }) || window.contains(where: { $0.deadline <= now }) {
            return MQTTFailure(
                .timeout,
                "\(settings.endpoint): no acknowledgement within \(MQTTConnection.replyTimeout); the connection is given up"
            )
        }
        guard !isPaused, let pingSent, now.elapsed(since: pingSent) >= keepAlive / 2 else { return nil }
        return MQTTFailure(
            .timeout,
            "\(settings.endpoint): no sign of life within \(now.elapsed(since: lastReceived)); the connection is given up"
        )
    }

    private func ping(_ now: Instant) {
        guard state == .open, pingSent == nil else { return }
        let idle = keepAlive * 3 / 4
        guard now.elapsed(since: lastSent) >= idle || (!isPaused && now.elapsed(since: lastReceived) >= idle) else {
            return
        }
        // While nothing is read its answer is not seen; the broker only wants to hear something.
        pingSent = isPaused ? nil : now
        lastSent = now
        output.append(contentsOf: [0xC0, 0])
        askFlush()
    }
}

extension MQTTConnection: Sleeper {
    package func wake(_ token: UInt64) {
        guard state != .ended else { return }
        let now = loop.now
        if let failure = isOverdue(now) {
            guard now.elapsed(since: tickAt) > MQTTConnection.lateness else { return finish(failure) }
        }
        ping(now)
        arm()
    }
}

extension MQTTConnection: TurnParticipant {
    /// All packets of the turn in one write.
    package func turnEnded() {
        isFlushAsked = false
        guard state == .greeting || state == .open, !output.isEmpty, let transport else { return }
        flushed = sent
        lastSent = loop.now
        transport.write(&output)
        endUnacknowledged()
    }
}

extension MQTTConnection: TransportDelegate {
    package func connected() {
        guard state == .connecting else { return }
        let socket = transport as? ByteStream ?? (transport as? TLSStream)?.socket
        socket?.keepAlive()
        state = .greeting
        takeControlOutput()
    }

    package func received(_ bytes: RawSpan) {
        guard state != .ended else { return }
        lastReceived = loop.now
        pingSent = nil
        do throws(MQTTFailure) {
            try reader.feed(bytes) { packet throws(MQTTFailure) in try take(packet) }
        } catch {
            var failure = error
            if error.kind == .protocolViolation { failure.reason = "\(settings.endpoint): \(failure.reason)" }
            finish(failure)
        }
        owner?.receivedAll(self)
    }

    package func receivedEnd() {
        finish(MQTTFailure(.unavailable, "\(settings.endpoint): the broker closed the connection\(hint)"))
    }

    package func drained() {}

    package func ended(_ reason: TransportEnd) {
        switch reason {
        case .closed: finish(MQTTFailure(.unavailable, "\(settings.endpoint): the connection was closed"))
        case .failed(let code, let text):
            let isTLS = (transport as? TLSStream)?.failure.map { $0.kind != .truncated } ?? false
            finish(
                MQTTFailure(
                    isTLS ? .tls : .unavailable, "\(settings.endpoint): \(text)\(isTLS ? "" : hint)",
                    nativeCode: Int(code)))
        }
        transport = nil
    }

    /// What is worth a look when a connection ends by itself.
    private var hint: String {
        switch (state, settings.tls == nil) {
        case (.connecting, true): "; is a broker running there?"
        case (.connecting, false): "; is a broker running there, and does the port speak TLS (mqtts://)?"
        case (.greeting, true): "; does the port want TLS (mqtts://)?"
        case (.greeting, false): "; does the broker want a client certificate?"
        case (.open, _): "; does another client use the client id \(settings.clientID)?"
        case (.ended, _): ""
        }
    }
}
