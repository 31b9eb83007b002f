internal import Bytes
internal import Loop
internal import Messaging

/// One connection of a server: reads requests, keeps their order, writes answers once a turn.
///
/// Back-pressure: while `pipelined` requests wait for answers, or `outputBytes` for the kernel, the connection is not read; what was read
/// already waits in `held` (at most one read of the loop, 64 KiB).
final class HTTPServerConnection {
    enum Mode {
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

    /// A body of this size goes on where there is no room for larger ones.
    private static let smallBody = 64 * 1024

    /// Requests of one connection that are taken in one turn of the loop.
    private static let requestsPerTurn = 64

    let server: HTTPServer
    let transport: any Transport
    /// Where it stands among the server's connections.
    var index = 0

    var mode = Mode.reading
    var reader: HTTPRequestReader
    var timer: HTTPConnectionTimer
    var exchanges: [HTTPExchange] = []
    var requests = 0
    private var output: [UInt8] = []
    var written = 0
    private var turn: UInt64 = 0
    private var takenInTurn = 0
    private var drainedIn: UInt64 = 0
    /// What of the incomplete body is counted in the server's `heldBytes`.
    private var heldBody = 0
    private var held: [UInt8] = []
    /// The exchange that the request whose body comes is going to use.
    private var spare: HTTPExchange?
    private var isFlushScheduled = false
    var isReading = true
    private var isOutputFull = false
    private var inputEnded = false
    private var owesContinue = false
    var lingers = false
    var wake = Wake.none
    var armedFor: Instant?

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

    /// Whether more may be taken in this turn: a caller with very many requests in one read lets the others go first.
    private var hasTurn: Bool { turn != server.loop.turn || takenInTurn < HTTPServerConnection.requestsPerTurn }

    private func process(_ bytes: RawSpan, from offset: inout Int) {
        while takesRequests, hasTurn {
            let step: HTTPRequestReader.Step
            do {
                step = try reader.next(bytes, from: &offset)
            } catch {
                return refuse(error, read: bytes.byteCount)
            }
            switch step {
            case .needsMore: return holdsTooMuch() ? refuseForRoom() : sendContinue()
            case .head: headCame()
            case .complete: take(reader.takeBody(), isBodyTooLarge: reader.isBodyTooLarge)
            }
        }
    }

    /// A head is complete: its body goes where one lay that is over.
    private func headCame() {
        owesContinue = reader.head?.expectsContinue == true
        spare = server.spares.take()
        spare?.giveRoom(to: &reader)
    }

    private func take(_ body: consuming [UInt8], isBodyTooLarge: Bool, isCutOff: Bool = false) {
        guard let head = reader.head else { return }
        owesContinue = false
        requests &+= 1
        if turn != server.loop.turn { (turn, takenInTurn) = (server.loop.turn, 0) }
        takenInTurn += 1
        server.heldBytes += body.count - heldBody
        heldBody = 0
        let exchange: HTTPExchange
        if let spare = spare.take() {
            exchange = spare
            spare.begin(head: head, body: body, isBodyTooLarge: isBodyTooLarge, connection: self)
        } else {
            exchange = HTTPExchange(head: head, body: body, isBodyTooLarge: isBodyTooLarge, connection: self)
        }
        exchange.isCutOff = isCutOff
        exchanges.append(exchange)
        if !head.keepsAlive || isCutOff { mode = .finishing }
        server.statistics.requests &+= 1
        server.handler.handle(exchange)
    }

    /// Counts what came of a body that is not complete; true where it is a large one and there is no room for it.
    private func holdsTooMuch() -> Bool {
        let came = reader.bodyBytes
        server.heldBytes += came - heldBody
        heldBody = came
        return came > HTTPServerConnection.smallBody && server.heldBytes > server.settings.heldBytes
    }

    private func refuseForRoom() {
        server.statistics.turnedAway &+= 1
        server.heldBytes -= heldBody
        heldBody = 0
        // What came of the body goes at once.
        reader = HTTPRequestReader(limits: server.settings.message)
        lingers = true
        finish(with: 503, "503 Service Unavailable")
    }

    private func refuse(_ error: HTTPParseError, read: Int) {
        server.statistics.refused &+= 1
        lingers = error == .bodyTooLarge || read >= HTTPServerConnection.fullRead
        if error == .bodyTooLarge { return take([], isBodyTooLarge: true, isCutOff: true) }
        finish(with: error.status, error.answer)
    }

    /// Answers what cannot be a request, after the answers to all requests before it, and takes no more.
    func finish(with status: Int, _ text: String) {
        guard mode == .reading else { return }
        mode = .finishing
        trailer = HTTPStatusLine.plainAnswer(status, text)
        scheduleFlush()
    }

    /// What is sent after the last answer.
    private var trailer: [UInt8] = []

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
            server.heldBytes -= first.body.count
            first.detach(isAnswered: true)
            server.spares.put(first)
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
            server.heldBytes -= exchange.body.count
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
        if !held.isEmpty, takesRequests {
            if hasTurn { processHeld() } else { server.loop.atNextTurn(self) }
        }
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
        guard pending == 0, let first = exchanges.first, first.awaitsDrain else { return }
        // A reader that takes everything at once would have its stream go on for ever within this turn.
        guard drainedIn != server.loop.turn else { return server.loop.atNextTurn(self) }
        drainedIn = server.loop.turn
        first.awaitsDrain = false
        first.streamDelegate?.drained(first)
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
        if offset < bytes.byteCount, mode == .reading {
            held.append(bytes.extracting(offset..<bytes.byteCount))
            if takesRequests { scheduleFlush() }
        }
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
        server.heldBytes -= heldBody
        heldBody = 0
        dropExchanges()
        server.remove(self)
    }
}
