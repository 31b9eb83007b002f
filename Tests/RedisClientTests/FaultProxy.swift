import Loop

/// Stands between a client and a server on the loopback. As a black hole it takes everything and passes nothing on, in both directions,
/// without closing anything: a half-open link.
final class FaultProxy {
    private let target: UInt16
    private let loop = EventLoop.current
    private var listener: Listener?
    private var links: [Link] = []
    var isBlackHole = false
    /// How many bytes the black hole has swallowed: the proof that the fault bit.
    fileprivate(set) var swallowed = 0

    init(to target: UInt16) throws {
        self.target = target
        listener = try Listener.listen(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) { [weak self] stream in
            self?.accept(stream)
        }
    }

    var port: UInt16 { listener?.port ?? 0 }

    /// Ends all connections at once, as a reset does.
    func reset() {
        for link in links { link.close() }
        links = []
    }

    func close() {
        listener?.close()
        reset()
    }

    private func accept(_ stream: ByteStream) {
        let link = Link(self)
        link.client = Side(link)
        link.server = Side(link)
        stream.delegate = link.client
        link.client?.stream = stream
        if let server = link.server {
            server.stream = ByteStream.connect(to: .tcp(host: "127.0.0.1", port: target), on: loop, delegate: server)
        }
        links.append(link)
    }

    fileprivate final class Link {
        let proxy: FaultProxy
        var client: Side?
        var server: Side?
        init(_ proxy: FaultProxy) { self.proxy = proxy }

        func pass(_ bytes: RawSpan, from side: Side) {
            if proxy.isBlackHole {
                proxy.swallowed += bytes.byteCount
                return
            }
            let other = side === client ? server : client
            var copy = bytes.withUnsafeBytes { [UInt8]($0) }
            guard let other else { return }
            if other.isConnected || other === client { other.stream?.write(&copy) } else { other.waiting += copy }
        }

        func close() {
            client?.stream?.close()
            server?.stream?.close()
        }
    }

    fileprivate final class Side: TransportDelegate {
        let link: Link
        var stream: ByteStream?
        var isConnected = false
        var waiting: [UInt8] = []
        init(_ link: Link) { self.link = link }

        func connected() {
            isConnected = true
            stream?.write(&waiting)
        }
        func received(_ bytes: RawSpan) { link.pass(bytes, from: self) }
        func receivedEnd() { if !link.proxy.isBlackHole { link.close() } }
        func drained() {}
        func ended(_ reason: TransportEnd) { if !link.proxy.isBlackHole { link.close() } }
    }
}

/// Answers every command with the same bytes.
final class CannedServer {
    private let answer: [UInt8]
    private var listener: Listener?
    private var peers: [Peer] = []

    init(_ answer: String) throws {
        self.answer = Array(answer.utf8)
        listener = try Listener.listen(on: .tcp(host: "127.0.0.1", port: 0), loop: EventLoop.current) {
            [weak self] stream in
            guard let self else { return }
            let peer = Peer(stream, self.answer)
            stream.delegate = peer
            peers.append(peer)
        }
    }

    var port: UInt16 { listener?.port ?? 0 }

    func close() {
        listener?.close()
        for peer in peers { peer.stream.close() }
    }

    private final class Peer: TransportDelegate {
        let stream: ByteStream
        let answer: [UInt8]
        init(_ stream: ByteStream, _ answer: [UInt8]) {
            self.stream = stream
            self.answer = answer
        }
        func connected() {}
        func received(_ bytes: RawSpan) {
            // A command begins with an asterisk; none of the tests' arguments holds one.
            let commands = bytes.withUnsafeBytes { raw in raw.count { $0 == UInt8(ascii: "*") } }
            var answers = Array(repeatElement(answer, count: commands).joined())
            stream.write(&answers)
        }
        func receivedEnd() { stream.close() }
        func drained() {}
        func ended(_ reason: TransportEnd) {}
    }
}

/// Greets as Redis does, and answers the next command with a bulk of 1,500 bytes, 100 of them every 100 ms, as many pieces as it is told.
final class DribblingServer {
    private var listener: Listener?
    private var peers: [Peer] = []

    init(pieces: Int) throws {
        listener = try Listener.listen(on: .tcp(host: "127.0.0.1", port: 0), loop: EventLoop.current) {
            [weak self] stream in
            let peer = Peer(stream, pieces)
            stream.delegate = peer
            self?.peers.append(peer)
        }
    }

    var port: UInt16 { listener?.port ?? 0 }

    func close() {
        listener?.close()
        for peer in peers { peer.stream.close() }
    }

    private final class Peer: TransportDelegate {
        let stream: ByteStream
        let pieces: Int
        var isGreeted = false

        init(_ stream: ByteStream, _ pieces: Int) {
            self.stream = stream
            self.pieces = pieces
        }

        func connected() {}
        func received(_ bytes: RawSpan) {
            var answer = Array((isGreeted ? "$1500\r\n" : ":1\r\n+PONG\r\n").utf8)
            stream.write(&answer)
            if isGreeted { EventLoop.current.launch { await self.dribble() } }
            isGreeted = true
        }
        func dribble() async {
            for piece in 1...pieces {
                try? await EventLoop.current.sleep(for: .milliseconds(100))
                var bytes = [UInt8](repeating: 0x78, count: 100)
                if piece == 15 { bytes += [0x0D, 0x0A] }
                stream.write(&bytes)
            }
        }
        func receivedEnd() { stream.close() }
        func drained() {}
        func ended(_ reason: TransportEnd) {}
    }
}
