import Testing

@testable import Loop

@Suite struct ListenerTests {
    /// An address of these tests alone: while a listener pauses its port is free, and tests beside this one ask for free ports of 127.0.0.1.
    private static let address = "127.0.0.77"
    /// EMFILE, as libuv tells it.
    private static let noDescriptors: Int32 = -24

    @Test(arguments: ["tcp", "unix"])
    func `a listener that gets no descriptors pauses and comes back on the same address`(kind: String) async {
        let shard = Shard(name: "test")
        let path = "/tmp/martlet-listener-\(UInt64.random(in: 0 ... .max)).socket"
        let (portsAgree, wasRefused, isBack) = await shard.run { () -> (Bool, Bool, Bool) in
            let loop = EventLoop.current
            let endpoint: Endpoint = kind == "tcp" ? .tcp(host: ListenerTests.address, port: 0) : .unix(path: path)
            var echoes: [Echo] = []
            guard
                let listener = try? Listener.listen(
                    on: endpoint, loop: loop,
                    accept: { stream in
                        let echo = Echo(stream)
                        stream.delegate = echo
                        echoes.append(echo)
                    })
            else { return (false, false, false) }
            let port = listener.port
            let target: Endpoint = kind == "tcp" ? .tcp(host: ListenerTests.address, port: port) : .unix(path: path)
            listener.connectionArrived(ListenerTests.noDescriptors)
            // More than once, as libuv does it.
            listener.connectionArrived(ListenerTests.noDescriptors)
            let refused = await ListenerTests.connects(to: target, on: loop)
            var back = false
            for _ in 0..<200 where !back {
                try? await loop.sleep(for: .milliseconds(20))
                back = await ListenerTests.connects(to: target, on: loop)
            }
            listener.close()
            return (listener.port == port, !refused, back)
        }
        #expect(portsAgree && wasRefused && isBack)
        shard.stop()
        shard.join()
    }

    @Test func `a listener that is closed while it pauses stays closed`() async {
        let shard = Shard(name: "test")
        let connects = await shard.run { () -> Bool in
            let loop = EventLoop.current
            let endpoint = Endpoint.tcp(host: ListenerTests.address, port: 0)
            guard let listener = try? Listener.listen(on: endpoint, loop: loop, accept: { _ in }) else { return true }
            listener.connectionArrived(ListenerTests.noDescriptors)
            try? await loop.sleep(for: .milliseconds(10))
            listener.close()
            try? await loop.sleep(for: Listener.pause + .milliseconds(50))
            return await ListenerTests.connects(to: .tcp(host: ListenerTests.address, port: listener.port), on: loop)
        }
        #expect(!connects)
        shard.stop()
        shard.join()
    }

    private static func connects(to endpoint: Endpoint, on loop: EventLoop) async -> Bool {
        let caller = Caller()
        let stream = ByteStream.connect(to: endpoint, on: loop, delegate: caller)
        caller.stream = stream
        for _ in 0..<500 where !caller.isConnected && caller.end == nil { try? await loop.sleep(for: .milliseconds(2)) }
        stream.close()
        return caller.isConnected
    }
}
