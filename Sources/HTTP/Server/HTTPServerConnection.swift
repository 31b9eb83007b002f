internal import Bytes
internal import Loop
internal import Messaging

/// One connection of a server: reads requests, keeps their order, writes answers once a turn.
///
/// Back-pressure: while `pipelined` requests wait for answers, or `outputBytes` for the kernel, the connection is not read; what was read
/// already waits in `held` (at most one read of the loop, 64 KiB).
final class HTTPServerConnection {
    private enum Mode {
        /// Requests are taken.
        case reading
        /// No request is taken any more; when the answers are out, it ends.
        case finishing
        /// All is answered; what the peer still sends is dropped.
        case lingering
        /// Closing, or closed.
        case ended
    }

    /// A read of this size left more with the kernel, most likely.
    private static let fullRead = 60 * 1024

    private let server: HTTPServer
    private let transport: any Transport
    /// Where it stands among the server's connections.
    var index = 0

    private var mode = Mode.reading
    private var reader: HTTPRequestReader
    private var timer: HTTPConnectionTimer
    private var exchanges: [HTTPExchange] = []
    private var requests = 0
    private var output: [UInt8] = []
    private var written = 0
    private var held: [UInt8] = []
    private var isFlushScheduled = false
    private var isReading = true
    private var isOutputFull = false
    private var inputEnded = false
    private var owesContinue = false
    private var lingers = false
    private var wake = Wake.none
    private var armedFor: Instant?

    init(_ transport: any Transport, of server: HTTPServer) {
        self.server = server
        self.transport = transport
        reader = HTTPRequestReader(limits: server.settings.message)
        timer = HTTPConnectionTimer(server.settings, now: server.loop.now)
        arm()
    }

    // MARK: Taking requests

    private var takesRequests: Bool {
        mode == .reading && !isOutputFull && exchanges.count < server.settings.pipelined
            && (!server.isDraining || !reader.isIdle)
    }

    private func process(_ bytes: RawSpan, from offset: inout Int) {
        while takesRequests {
            let step: HTTPRequestReader.Step
            do {
                step = try reader.next(bytes, from: &offset)
            } catch {
                return refuse(error, read: bytes.byteCount)
            }
            switch step {
            case .needsMore: return sendContinue()
            case .head: owesContinue = reader.head?.expectsContinue == true
            case .complete: take(reader.takeBody(), isBodyTooLarge: reader.isBodyTooLarge)
            }
        }
    }

    private func take(_ body: [UInt8], isBodyTooLarge: Bool, isCutOff: Bool = false) {
        guard let head = reader.head else { return }
        owesContinue = false
        requests &+= 1
        let exchange = HTTPExchange(head: head, body: body, isBodyTooLarge: isBodyTooLarge, connection: self)
        exchange.isCutOff = isCutOff
        exchanges.append(exchange)
        if !head.keepsAlive || isCutOff { mode = .finishing }
        server.statistics.requests &+= 1
        server.handler.handle(exchange)
    }

    private func refuse(_ error: HTTPParseError, read: Int) {
        server.statistics.refused &+= 1
        lingers = error == .bodyTooLarge || read >= HTTPServerConnection.fullRead
        if error == .bodyTooLarge { return take([], isBodyTooLarge: true, isCutOff: true) }
        finish(with: error.status, error.answer)
    }

    /// Answers what cannot be a request, after the answers to all requests before it, and takes no more.
    private func finish(with status: Int, _ text: String) {
        guard mode == .reading else { return }
        mode = .finishing
        trailer = HTTPServerConnection.plainAnswer(status, text)
        scheduleFlush()
    }

    /// What is sent after the last answer.
    private var trailer: [UInt8] = []

    /// As Go's net/http answers: until the connection ends, without a length or a date.
    private static func plainAnswer(_ status: Int, _ text: String) -> [UInt8] {
        var answer: [UInt8] = []
        HTTPStatusLine.append(status, to: &answer)
        answer.append(utf8: "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")
        answer.append(contentsOf: text.utf8)
        return answer
    }

    /// The peer waits for leave to send its body (RFC 9110, 10.1.1). It gets it once all earlier answers are out.
    private func sendContinue() {
        guard owesContinue, mode == .reading, exchanges.isEmpty, reader.isInBody else { return }
        owesContinue = false
        guard reader.bodyBytes == 0 else { return }
        output.append(utf8: "HTTP/1.1 100 Continue\r\n\r\n")
        scheduleFlush()
    }

    // MARK: Answers

    /// Whether the connection ends with an answer that is about to be written.
    func closes(with exchange: HTTPExchange) -> Bool {
        if !exchange.head.keepsAlive || exchange.isCutOff { return true }
        return (server.isDraining && reader.isIdle || mode != .reading && trailer.isEmpty)
            && exchanges.last === exchange
    }

    /// The bytes that an exchange writes behind: the connection's, or its own while earlier answers are missing.
    func takeOutput(for exchange: HTTPExchange) -> [UInt8] {
        var taken: [UInt8] = []
        if exchanges.first === exchange { swap(&taken, &output) } else { swap(&taken, &exchange.buffered) }
        return taken
    }

    /// Gives back what `takeOutput` gave.
    func giveBack(_ bytes: inout [UInt8], for exchange: HTTPExchange) {
        if exchanges.first === exchange { swap(&bytes, &output) } else { swap(&bytes, &exchange.buffered) }
    }

    /// Appends the `Date` field.
    func appendDate(to output: inout [UInt8]) { output.append(contentsOf: server.dateLine) }

    /// Whether a stream should wait.
    func isFull(for exchange: HTTPExchange) -> Bool {
        output.count + exchange.buffered.count + transport.pendingBytes > server.settings.outputBytes
    }

    /// An answer is complete: it, and those that waited for it, leave with the turn.
    func answered() {
        while let first = exchanges.first {
            if !first.buffered.isEmpty {
                output.append(contentsOf: first.buffered)
                first.buffered = []
            }
            guard first.state == .finished else { break }
            exchanges.removeFirst()
            first.detach(isAnswered: true)
            if first.closes {
                mode = mode == .reading ? .finishing : mode
                trailer = []
                dropExchanges()
            }
        }
        scheduleFlush()
    }

    private func dropExchanges() {
        var dropped: [HTTPExchange] = []
        swap(&dropped, &exchanges)
        for exchange in dropped {
            if exchange.state != .finished { server.statistics.unanswered &+= 1 }
            exchange.detach(isAnswered: false)
        }
    }

    // MARK: Ending

    /// Answers with 503 and ends.
    func turnAway() {
        lingers = true
        finish(with: 503, "503 Service Unavailable")
    }

    /// No request is taken any more but one that has begun.
    func drain() {
        guard mode == .reading else { return }
        scheduleFlush()
    }

    /// Closes now.
    func close() {
        mode = .ended
        transport.close()
    }

    private func end() {
        if lingers, !inputEnded, mode != .lingering {
            mode = .lingering
            held = []
            updateReading()
            updateTimer()
        } else {
            mode = .ended
            transport.closeAfterWriting()
        }
    }
}

extension HTTPServerConnection: TurnParticipant {
    /// Asks for one write at the turn's end.
    func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        server.loop.atFlush(self)
    }

    /// Writes what the turn brought, then goes on with requests that waited for room.
    func turnEnded() {
        isFlushScheduled = false
        guard mode != .ended else { return }
        if exchanges.isEmpty, !trailer.isEmpty {
            output.append(contentsOf: trailer)
            trailer = []
        }
        write()
        guard mode != .ended else { return }
        if exchanges.isEmpty {
            if mode == .finishing { return end() }
            if mode == .reading, server.isDraining, reader.isIdle { return end() }
            sendContinue()
        }
        if !held.isEmpty, takesRequests { processHeld() }
        updateReading()
        updateTimer()
    }

    private func write() {
        if !output.isEmpty {
            written &+= output.count
            transport.write(&output)
        }
        guard transport.isOpen else { return lost() }
        outputMoved()
    }

    /// The write found that the peer is gone. Streams are told at once: they would take the empty output for a peer that reads on, and
    /// fill it again and again within this turn, before `ended` can come.
    private func lost() {
        mode = .ended
        dropExchanges()
    }

    private func outputMoved() {
        let pending = transport.pendingBytes
        isOutputFull = pending > server.settings.outputBytes
        timer.outputWaits(pending > 0, taken: written &- pending, now: server.loop.now)
        if pending == 0, let first = exchanges.first, first.awaitsDrain {
            first.awaitsDrain = false
            first.streamDelegate?.drained(first)
        }
    }

    private func processHeld() {
        var bytes: [UInt8] = []
        swap(&bytes, &held)
        var offset = 0
        process(bytes.rawSpan, from: &offset)
        if offset < bytes.count, mode == .reading {
            bytes.removeFirst(offset)
            held = bytes
            // What is left waits for room, or for this turn's answers: it is looked at again after the next write.
            if takesRequests { scheduleFlush() }
        }
    }

    private func updateReading() {
        let wants = !inputEnded && (mode == .lingering || held.isEmpty && takesRequests)
        guard wants != isReading else { return }
        isReading = wants
        if wants { transport.resumeReading() } else { transport.pauseReading() }
    }
}

extension HTTPServerConnection: TransportDelegate {
    func connected() {}

    func received(_ bytes: RawSpan) {
        guard mode == .reading, held.isEmpty else {
            // Bytes that come after a pause was asked for: none with `ByteStream`, perhaps a record with TLS.
            if mode == .reading { held.append(bytes) }
            return
        }
        var offset = 0
        process(bytes, from: &offset)
        if offset < bytes.byteCount, mode == .reading { held.append(bytes.extracting(offset..<bytes.byteCount)) }
        updateReading()
        updateTimer()
    }

    func receivedEnd() {
        inputEnded = true
        isReading = false
        switch mode {
        case .reading:
            mode = .finishing
            scheduleFlush()
        case .finishing: scheduleFlush()
        case .lingering: end()
        case .ended: break
        }
    }

    func drained() {
        guard mode != .ended else { return }
        outputMoved()
        if !held.isEmpty { scheduleFlush() }
        updateReading()
    }

    func ended(_ reason: TransportEnd) {
        mode = .ended
        server.loop.cancel(wake)
        wake = .none
        dropExchanges()
        server.remove(self)
    }
}

extension HTTPServerConnection: Sleeper {
    private func updateTimer() {
        let phase: HTTPConnectionTimer.Phase
        if mode == .lingering {
            phase = .lingering
        } else if !isReading || mode != .reading {
            phase = .handling
        } else if reader.isInBody {
            phase = .body
        } else if !reader.isIdle {
            phase = .head
        } else {
            phase = exchanges.isEmpty ? .idle : .handling
        }
        timer.enter(phase, request: requests, now: server.loop.now)
        arm()
    }

    /// Asks to be woken when something is due, unless a wake-up comes before that anyway.
    private func arm() {
        guard let due = timer.due(bodyBytes: reader.bodyBytes) else { return }
        if let armedFor, armedFor <= due { return }
        server.loop.cancel(wake)
        wake = server.loop.wake(at: due, self, token: 0)
        armedFor = due
    }

    func wake(_ token: UInt64) {
        armedFor = nil
        wake = .none
        guard mode != .ended else { return }
        timer.outputWaits(
            transport.pendingBytes > 0, taken: written &- transport.pendingBytes, now: server.loop.now)
        switch timer.expiry(bodyBytes: reader.bodyBytes, now: server.loop.now) {
        case nil: arm()
        case .phase(.body):
            server.statistics.timedOut &+= 1
            lingers = true
            finish(with: 408, "408 Request Timeout")
        case .phase(.lingering): close()
        case .phase(.idle): close()
        default:
            server.statistics.timedOut &+= 1
            close()
        }
    }
}
