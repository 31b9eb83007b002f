internal import Bytes
internal import Loop
internal import Messaging

/// One connection of a client: one request at a time, written at the turn's end.
final class HTTPClientConnection {
    enum State {
        case connecting
        case idle
        case busy
        case ended
    }

    private let client: HTTPClient
    private var transport: (any Transport)?
    private(set) var state = State.connecting
    /// The request that waits for this connection and no other, then the one that is on it.
    private(set) var call: HTTPClientCall?

    private var reader: HTTPResponseReader
    private var output: [UInt8] = []
    private var isFlushScheduled = false
    private var idleSince: Instant?
    private var idleBefore: Duration?
    private var writtenAt: Instant?
    private var wasAnswered = false
    private var due: Instant?
    private var armedFor: Instant?
    private var wake = Wake.none

    /// A connection that is being made, for any request or for one.
    init(of client: HTTPClient, for call: HTTPClientCall?) {
        self.client = client
        self.call = call
        reader = HTTPResponseReader(limits: client.settings.message)
    }

    /// Whether the request was handed to the kernel.
    var hasWritten: Bool { writtenAt != nil }

    func open() {
        transport = client.connect(self)
        let due = client.loop.now + client.settings.connectTimeout
        setDue(call?.deadline.map { min($0, due) } ?? due)
    }

    // MARK: Requests

    /// Sends a request. The connection is idle, or just made.
    func start(_ call: HTTPClientCall) {
        let now = client.loop.now
        state = .busy
        self.call = call
        call.connection = self
        idleBefore = idleSince.map { now.elapsed(since: $0) }
        writtenAt = nil
        wasAnswered = false
        reader.begin(toHead: call.request.method == "HEAD")
        call.request.append(to: &output, version: client.requestLineEnd)
        setDue(call.deadline)
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        client.loop.atFlush(self)
    }

    /// No request came: the connection waits for one.
    func rest() {
        state = .idle
        call = nil
        let now = client.loop.now
        idleSince = now
        setDue(now.later(by: client.idleTimeout))
    }

    private func finish(isReusable: Bool) {
        guard let call, let head = reader.head else { return }
        let response = HTTPClientResponse(head: head, body: reader.takeBody())
        self.call = nil
        // A request that is answered before all of it was sent leaves its rest behind.
        let isClean = isReusable && head.keepsAlive && output.isEmpty && transport?.pendingBytes == 0
        if isClean {
            idleSince = client.loop.now
            client.release(self)
        } else {
            end()
        }
        call.complete(.response(response))
        client.spares.put(call)
    }

    // MARK: Ending

    /// Closes; a request that is on it is the caller's business.
    func end() {
        guard state != .ended else { return }
        state = .ended
        call = nil
        client.loop.cancel(wake)
        wake = .none
        transport?.delegate = nil
        transport?.close()
        client.remove(self)
    }

    /// Closes, and the request that is on it ends with the error.
    func fail(_ code: HTTPClientError.Code, _ reason: String, nativeCode: Int? = nil) {
        let call = call
        let error = HTTPClientError(
            code, reason, nativeCode: nativeCode, mayHaveBeenProcessed: writtenAt != nil)
        end()
        if let call { client.fail(call, error) }
    }

    /// The peer ended it.
    private func lost(_ reason: String, nativeCode: Int? = nil) {
        guard let call, state == .busy else { return end() }
        let now = client.loop.now
        let facts = HTTPStaleness.Facts(
            idle: idleBefore, sinceWritten: writtenAt.map { now.elapsed(since: $0) }, wasAnswered: wasAnswered,
            wasResent: call.wasResent)
        guard HTTPStaleness.allowsResending(facts, client.settings) else {
            return fail(.connectionLost, reason, nativeCode: nativeCode)
        }
        end()
        client.resend(call)
    }

    private func connectFailed(_ error: HTTPClientError) {
        let call = call
        end()
        client.connectFailed(for: call, error)
    }
}

extension HTTPClientConnection: TransportDelegate {
    func connected() {
        guard state == .connecting else { return }
        client.connected(self)
    }

    func received(_ bytes: RawSpan) {
        // Nobody asked: what comes now could be taken for the answer to the next request.
        guard state == .busy else { return end() }
        wasAnswered = true
        var offset = 0
        do {
            guard try reader.read(bytes, from: &offset) else { return }
            finish(isReusable: offset == bytes.byteCount)
        } catch {
            fail(error == .bodyTooLarge ? .responseTooLarge : .protocolViolation, error.text)
        }
    }

    func receivedEnd() {
        if state == .busy, reader.end() { finish(isReusable: false) } else { lost("the connection was closed") }
    }

    func drained() {}

    func ended(_ reason: TransportEnd) {
        var text = "the connection was closed"
        var code: Int?
        if case .failed(let number, let words) = reason { (text, code) = (words, Int(number)) }
        if state == .connecting {
            connectFailed(HTTPClientError(.connectFailed, text, nativeCode: code))
        } else {
            lost(text, nativeCode: code)
        }
    }
}

extension HTTPClientConnection: TurnParticipant {
    func turnEnded() {
        isFlushScheduled = false
        guard state == .busy, !output.isEmpty else { return }
        writtenAt = client.loop.now
        transport?.write(&output)
    }
}

extension HTTPClientConnection: Sleeper {
    private func setDue(_ moment: Instant?) {
        due = moment
        arm()
    }

    /// Asks to be woken when something is due, unless a wake-up comes before that anyway.
    private func arm() {
        guard let due else { return }
        if let armedFor, armedFor <= due { return }
        client.loop.cancel(wake)
        wake = client.loop.wake(at: due, self, token: 0)
        armedFor = due
    }

    func wake(_ token: UInt64) {
        armedFor = nil
        wake = .none
        guard let due else { return }
        guard due <= client.loop.now else { return arm() }
        switch state {
        case .connecting:
            let isCallOverdue = call?.deadline.map { $0 <= client.loop.now } ?? false
            connectFailed(HTTPClientError(isCallOverdue ? .timeout : .connectTimeout, "no connection in time"))
        case .idle: end()
        case .busy: fail(.timeout, "no response within the deadline")
        case .ended: break
        }
    }
}
