import Bytes
import HTTP
import Loop
import Messaging

/// What a test keeps of a shard. It is touched on the shard only.
final class Confined<Value>: @unchecked Sendable {
    var value: Value?
}

/// A server on a shard of its own, with a handler that answers by path.
final class TestServer: Sendable {
    let shard: Shard
    let port: UInt16
    let server = Confined<HTTPServer>()
    let handler = Confined<PathHandler>()

    init(
        settings: HTTPServerSettings = HTTPServerSettings(), endpoint: Endpoint = .tcp(host: "127.0.0.1", port: 0)
    ) async {
        let shard = Shard(name: "http-test")
        self.shard = shard
        let server = server
        let handler = handler
        port = await shard.run {
            let paths = PathHandler(shard.loop)
            let made = HTTPServer(on: shard.loop, settings: settings, handler: paths)
            handler.value = paths
            server.value = made
            do { return try made.listen(on: endpoint) } catch { preconditionFailure("\(error)") }
        }
    }

    deinit { shard.stop() }

    func client() -> RawClient { RawClient(port: port) }

    var statistics: HTTPServerStatistics {
        get async { await shard.run { [server] in server.value?.statistics ?? HTTPServerStatistics() } }
    }

    var openConnections: Int {
        get async { await shard.run { [server] in server.value?.openConnections ?? 0 } }
    }

    /// Runs on the shard with the handler.
    func onShard<R: Sendable>(_ body: @escaping @Sendable (PathHandler) -> R?) async -> R? {
        await shard.run { [handler] in handler.value.flatMap(body) }
    }
}

final class PathHandler: HTTPHandler {
    private let loop: EventLoop
    /// Exchanges of `/hold`, to be answered by the test.
    var held: [HTTPExchange] = []
    var streams: [Streamer] = []
    var bodies: [Int] = []

    init(_ loop: EventLoop) { self.loop = loop }

    func handle(_ exchange: HTTPExchange) {
        bodies.append(exchange.body.count)
        if exchange.isBodyTooLarge {
            exchange.respond(500, ["content-type": "text/plain"], body: [UInt8]("too large".utf8))
            return
        }
        let path = String(decoding: exchange.path, as: UTF8.self)
        switch path {
        case "/204": exchange.respond(204) { $0.add("traceparent", "00-0") }
        case "/hold": held.append(exchange)
        case "/stream":
            let streamer = Streamer(exchange, pieces: 3, size: 4)
            streams.append(streamer)
            streamer.start()
        case "/flood":
            let streamer = Streamer(exchange, pieces: 1024, size: 16 * 1024)
            streams.append(streamer)
            streamer.start()
        case "/endless":
            let streamer = Streamer(exchange, pieces: Int.max, size: 256 * 1024)
            streams.append(streamer)
            streamer.start()
        case "/large": exchange.respond(200, body: [UInt8](repeating: 0x78, count: 1 << 20))
        case let path where path.hasPrefix("/later"):
            let delay = Int(path.dropFirst(6)) ?? 10
            _ = loop.wake(at: loop.now + .milliseconds(delay), Later(exchange), token: 0)
        default:
            exchange.respond(200, body: exchange.body.isEmpty ? [UInt8](path.utf8) : exchange.body)
        }
    }
}

final class Later: Sleeper {
    let exchange: HTTPExchange
    init(_ exchange: HTTPExchange) { self.exchange = exchange }
    func wake(_ token: UInt64) { exchange.respond(200, body: [UInt8](exchange.path)) }
}

final class Streamer: HTTPStreamDelegate {
    let exchange: HTTPExchange
    var left: Int
    let size: Int
    var largestPending = 0
    var wasDisconnected = false
    var waits = 0

    init(_ exchange: HTTPExchange, pieces: Int, size: Int) {
        self.exchange = exchange
        left = pieces
        self.size = size
    }

    func start() {
        exchange.streamDelegate = self
        exchange.startStream(200, ["content-type": "text/plain"])
        pump()
    }

    func pump() {
        let piece = [UInt8](repeating: 0x61, count: size)
        while left > 0 {
            left -= 1
            if !exchange.write(piece.rawSpan), left > 0 {
                waits += 1
                return
            }
        }
        exchange.finishStream()
    }

    func drained(_ exchange: HTTPExchange) { pump() }

    func disconnected(_ exchange: HTTPExchange) { wasDisconnected = true }
}
