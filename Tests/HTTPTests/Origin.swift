import Bytes
import HTTP
import Loop
import Messaging

/// An origin that does what a test says, on the client's own shard.
final class Origin {
    /// What to do with a request: the connection's number, the request's number on it, its bytes.
    typealias Script = (OriginConnection, Int, Int) -> Void

    let loop: EventLoop
    let script: Script
    private var listener: Listener?
    var connections: [OriginConnection] = []
    var requests: [String] = []

    init(on loop: EventLoop, script: @escaping Script) {
        self.loop = loop
        self.script = script
    }

    func listen() -> UInt16 {
        do {
            let made = try Listener.listen(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) { [weak self] stream in
                guard let self else { return }
                let connection = OriginConnection(stream, self, number: self.connections.count)
                self.connections.append(connection)
            }
            listener = made
            return made.port
        } catch {
            preconditionFailure("\(error)")
        }
    }

    func stop() {
        listener?.close()
        for connection in connections { connection.stream.close() }
    }
}

final class OriginConnection: TransportDelegate {
    let stream: ByteStream
    let number: Int
    unowned let origin: Origin
    var count = 0
    var isOver = false

    init(_ stream: ByteStream, _ origin: Origin, number: Int) {
        self.stream = stream
        self.origin = origin
        self.number = number
        stream.delegate = self
    }

    func send(_ text: String) {
        var bytes = [UInt8](text.utf8)
        stream.write(&bytes)
    }

    func ok(_ body: String) { send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)") }

    func connected() {}
    func received(_ bytes: RawSpan) {
        origin.requests.append(String(decoding: [UInt8](bytes), as: UTF8.self))
        count += 1
        origin.script(self, number, count - 1)
    }
    func receivedEnd() { stream.close() }
    func drained() {}
    func ended(_ reason: TransportEnd) { isOver = true }
}

/// Gathers results in order of their coming.
final class Results: HTTPClientCompletion {
    var texts: [String] = []
    var tokens: [UInt64] = []

    func completed(_ result: HTTPClientResult, token: UInt64) {
        tokens.append(token)
        switch result {
        case .response(let response):
            texts.append("\(response.status) " + String(decoding: response.body, as: UTF8.self))
        case .failure(let error):
            texts.append("\(error.code)" + (error.mayHaveBeenProcessed ? " perhaps" : ""))
        }
    }
}

extension EventLoop {
    /// Lets the loop turn until it holds, or 3 s have passed.
    func until(_ test: () -> Bool) async {
        for _ in 0..<3000 where !test() { try? await sleep(for: .milliseconds(1)) }
    }

    func pause(_ milliseconds: Int) async { try? await sleep(for: .milliseconds(milliseconds)) }
}

func request(_ path: String, method: String = "GET", body: String = "") -> HTTPClientRequest {
    HTTPClientRequest(method: method, target: [UInt8](path.utf8), body: [UInt8](body.utf8))
}
