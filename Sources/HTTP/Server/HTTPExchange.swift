internal import Bytes

/// One request and its one answer. It lives on the server's shard, as long as somebody holds it.
///
/// An answer that comes after the connection ended is dropped; a second answer is a mistake of ours.
package final class HTTPExchange {
    enum State {
        case waiting
        case streaming
        case finished
    }

    /// The request's head.
    package private(set) var head: HTTPRequestHead
    /// The request's body, decoded.
    package private(set) var body: [UInt8]
    /// The body exceeds its bound: `body` is empty.
    package private(set) var isBodyTooLarge: Bool
    /// Who is told about a response in pieces.
    package weak var streamDelegate: (any HTTPStreamDelegate)?

    var connection: HTTPServerConnection?
    var state = State.waiting
    /// Output that waits for the answers of earlier requests.
    var buffered: [UInt8] = []
    /// Whether the rest of the body is not read: the connection ends with the answer.
    var isCutOff = false
    /// Whether the connection ends with this answer.
    var closes = false
    /// Whether a stream was told to wait.
    var awaitsDrain = false
    private var sendsChunks = false
    private var dropsBody = false

    init(head: HTTPRequestHead, body: [UInt8], isBodyTooLarge: Bool, connection: HTTPServerConnection) {
        self.head = head
        self.body = body
        self.isBodyTooLarge = isBodyTooLarge
        self.connection = connection
    }

    /// Begins anew with another request. For who holds the only reference.
    func begin(head: HTTPRequestHead, body: consuming [UInt8], isBodyTooLarge: Bool, connection: HTTPServerConnection) {
        self.head = head
        self.body = body
        self.isBodyTooLarge = isBodyTooLarge
        self.connection = connection
        streamDelegate = nil
        state = .waiting
        isCutOff = false
        closes = false
        awaitsDrain = false
        sendsChunks = false
        dropsBody = false
    }

    /// Lets a reader use the room of the body. For who holds the only reference.
    func giveRoom(to reader: inout HTTPRequestReader) { reader.reuse(&body) }

    // MARK: The request

    /// The method.
    package var method: HTTPMethod { head.method }

    /// The path as it came, escapes and all.
    package var path: ArraySlice<UInt8> { head.fields.bytes[head.target.path] }

    /// The query without its question mark; `nil` where there is none.
    package var query: ArraySlice<UInt8>? { head.target.query.map { head.fields.bytes[$0] } }

    /// The request's fields.
    @inlinable package var fields: HTTPFields { head.fields }

    /// Whether an answer would still reach the connection.
    package var isConnected: Bool { connection != nil }

    // MARK: The answer

    /// Answers with a whole body. The length, the date and what the connection needs are added. `status` is final: 200 or above.
    package func respond(_ status: Int, _ fields: HTTPFieldBlock = .none, body: [UInt8] = []) {
        guard let connection = begin() else { return }
        var output = connection.takeOutput(for: self)
        HTTPStatusLine.append(status, to: &output)
        output.append(contentsOf: fields.bytes)
        finish(status, body, &output, connection)
    }

    /// Answers with 204 and fields that are there already: most answers to publishes are these, so they are written in one piece.
    package func respondEmpty(_ fields: HTTPFieldBlock) {
        guard let connection = begin() else { return }
        var output = connection.takeOutput(for: self)
        let date = connection.server.dateLine
        let ending = connectionFields
        let status = HTTPStatusLine.noContent
        let size = status.utf8CodeUnitCount + fields.bytes.count + date.count + ending.utf8CodeUnitCount
        output.append(capacity: size) { writer in
            writer.write(status)
            writer.write(fields.bytes)
            writer.write(date)
            writer.write(ending)
        }
        end(&output, connection)
    }

    /// Answers with a whole body and writes the fields straight into the connection's output: no allocation.
    package func respond(_ status: Int, body: [UInt8] = [], fields: (inout HTTPFieldBlock) -> Void) {
        guard let connection = begin() else { return }
        var output = connection.takeOutput(for: self)
        HTTPStatusLine.append(status, to: &output)
        var block = HTTPFieldBlock(continuing: &output)
        fields(&block)
        block.giveBack(to: &output)
        finish(status, body, &output, connection)
    }

    /// Begins an answer whose body comes in pieces: `write`, then `finishStream`. To HTTP/1.0 it lasts until the connection ends.
    package func startStream(_ status: Int, _ fields: HTTPFieldBlock = .none) {
        guard let connection = begin() else { return }
        dropsBody = head.method == .head || status == 204 || status == 304
        sendsChunks = !head.isVersion10 && !dropsBody
        closes = closes || !dropsBody && !sendsChunks
        var output = connection.takeOutput(for: self)
        HTTPStatusLine.append(status, to: &output)
        output.append(contentsOf: fields.bytes)
        if sendsChunks { output.append(utf8: "Transfer-Encoding: chunked\r\n") }
        appendConnectionFields(&output, connection)
        state = .streaming
        connection.giveBack(&output, for: self)
        connection.scheduleFlush()
    }

    /// Sends a piece of the body. False where enough is waiting: the delegate's `drained` comes. An empty piece is nothing.
    @discardableResult
    package func write(_ piece: RawSpan) -> Bool {
        guard state == .streaming, let connection else { return false }
        if piece.byteCount > 0, !dropsBody {
            var output = connection.takeOutput(for: self)
            if sendsChunks {
                HTTPChunk.appendSize(piece.byteCount, to: &output)
                output.append(piece)
                output.append(utf8: "\r\n")
            } else {
                output.append(piece)
            }
            connection.giveBack(&output, for: self)
            connection.scheduleFlush()
        }
        awaitsDrain = connection.isFull(for: self)
        return !awaitsDrain
    }

    /// The body is complete.
    package func finishStream() {
        guard state == .streaming, let connection else { return }
        if sendsChunks {
            var output = connection.takeOutput(for: self)
            output.append(utf8: "0\r\n\r\n")
            connection.giveBack(&output, for: self)
        }
        state = .finished
        connection.answered()
    }

    /// The body cannot be completed: the connection is closed, which tells the peer so.
    package func abortStream() {
        guard state == .streaming, let connection else { return }
        connection.close()
    }

    /// Ends the connection without an answer.
    package func drop() {
        guard state == .waiting, let connection else { return }
        connection.close()
    }

    /// The connection ended, or does not need the exchange any more.
    func detach(isAnswered: Bool) {
        connection = nil
        buffered = []
        guard !isAnswered else { return }
        let wasStreaming = state == .streaming
        state = .finished
        if wasStreaming { streamDelegate?.disconnected(self) }
    }

    /// The connection that the answer goes to; `nil` where it ended.
    private func begin() -> HTTPServerConnection? {
        guard let connection else { return nil }
        guard state == .waiting else {
            assertionFailure("a request was answered twice")
            return nil
        }
        closes = connection.closes(with: self)
        return connection
    }

    private func finish(
        _ status: Int, _ body: [UInt8], _ output: inout [UInt8], _ connection: HTTPServerConnection
    ) {
        if status != 204, status != 304 {
            output.append(utf8: "Content-Length: ")
            output.appendDecimal(body.count)
            output.append(utf8: "\r\n")
        }
        appendConnectionFields(&output, connection)
        if status != 204, status != 304, head.method != .head { output.append(contentsOf: body) }
        end(&output, connection)
    }

    private func end(_ output: inout [UInt8], _ connection: HTTPServerConnection) {
        state = .finished
        connection.giveBack(&output, for: self)
        connection.answered()
    }

    private func appendConnectionFields(_ output: inout [UInt8], _ connection: HTTPServerConnection) {
        output.append(contentsOf: connection.server.dateLine)
        output.append(utf8: connectionFields)
    }

    /// What the connection needs to know, and the end of the head.
    private var connectionFields: StaticString {
        if closes { return "Connection: close\r\n\r\n" }
        return head.isVersion10 ? "Connection: keep-alive\r\n\r\n" : "\r\n"
    }
}
