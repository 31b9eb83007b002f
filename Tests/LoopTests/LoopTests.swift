import Bytes
import Loop
import Messaging
import Testing

@Suite struct ShardTests {
    @Test func `work that is launched stays on its shard over suspensions`() async {
        let shard = Shard(name: "test")
        let stayed = await shard.run {
            let loop = EventLoop.current
            try? await loop.sleep(for: .milliseconds(5))
            return loop.isCurrent
        }
        #expect(stayed)
        shard.stop()
        shard.join()
    }

    @Test func `a turn runs collectors before flushers, and collectors that flushers ask for again`() async {
        final class Step: TurnParticipant {
            var body: () -> Void = {}
            func turnEnded() { body() }
        }
        let shard = Shard(name: "test")
        let order = await shard.run {
            let loop = EventLoop.current
            var order: [String] = []
            let collect = Step()
            let flush = Step()
            let again = Step()
            collect.body = { order.append("collect") }
            flush.body = {
                order.append("flush")
                loop.atTurnEnd(again)
            }
            again.body = { order.append("again") }
            loop.atFlush(flush)
            loop.atTurnEnd(collect)
            try? await loop.sleep(for: .milliseconds(1))
            return order
        }
        #expect(order == ["collect", "flush", "again"])
        shard.stop()
        shard.join()
    }

    @Test func `who asks for the next turn again and again keeps nobody from theirs`() async {
        final class Greedy: TurnParticipant {
            let loop: EventLoop
            var turns: [UInt64] = []
            var isDone = false
            init(_ loop: EventLoop) { self.loop = loop }
            func turnEnded() {
                turns.append(loop.turn)
                if !isDone { loop.atNextTurn(self) }
            }
        }
        let shard = Shard(name: "test")
        let turns = await shard.run {
            let greedy = Greedy(.current)
            greedy.turnEnded()
            try? await EventLoop.current.sleep(for: .milliseconds(5))
            greedy.isDone = true
            return greedy.turns
        }
        #expect(turns.count > 2)
        #expect(Set(turns).count == turns.count)
        shard.stop()
        shard.join()
    }

    @Test func `a cancelled sleep goes on at once`() async {
        let shard = Shard(name: "test")
        let cancelled = await shard.run {
            let loop = EventLoop.current
            var ended = false
            let task = loop.launch {
                do { try await loop.sleep(for: .seconds(60)) } catch { ended = true }
            }
            try? await loop.sleep(for: .milliseconds(5))
            task.cancel()
            await task.value
            return ended
        }
        #expect(cancelled)
        shard.stop()
        shard.join()
    }

    @Test func `a mailbox hands over everything that threads send, and refuses beyond its capacity`() async {
        final class Sum {
            var value = 0
        }
        let shard = Shard(name: "test")
        let total = await shard.run {
            let loop = EventLoop.current
            let sum = Sum()
            let mailbox = Mailbox<Int>(capacity: 100_000, on: loop) { batch in sum.value += batch.reduce(0, +) }
            let threads = (0..<4).map { _ in
                NativeThread.start(name: "sender") { for number in 1...10_000 { _ = mailbox.send(number) } }
            }
            for _ in 0..<2_000 where sum.value < 4 * 50_005_000 { try? await loop.sleep(for: .milliseconds(5)) }
            threads.forEach { $0.join() }
            return sum.value
        }
        #expect(total == 4 * 50_005_000)
        shard.stop()
        shard.join()
    }
}

/// Sends back what it gets.
final class Echo: TransportDelegate {
    let stream: ByteStream
    var ended = false
    init(_ stream: ByteStream) { self.stream = stream }
    func connected() {}
    func received(_ bytes: RawSpan) {
        var copy = (0..<bytes.byteCount).map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        stream.write(&copy)
    }
    func receivedEnd() { stream.closeAfterWriting() }
    func drained() {}
    func ended(_ reason: TransportEnd) { ended = true }
}

final class Caller: TransportDelegate {
    var stream: ByteStream?
    var received = 0
    var isConnected = false
    var end: TransportEnd?
    func connected() { isConnected = true }
    func received(_ bytes: RawSpan) { received += bytes.byteCount }
    func receivedEnd() { stream?.close() }
    func drained() {}
    func ended(_ reason: TransportEnd) { end = reason }
}

@Suite struct StreamTests {
    @Test(arguments: ["tcp", "unix"])
    func `bytes come back over a socket, more than the kernel takes at once`(kind: String) async throws {
        let shard = Shard(name: "test")
        let path = "/tmp/martlet-test-\(UInt64.random(in: 0 ... .max)).socket"
        let (received, end) = await shard.run { () -> (Int, TransportEnd?) in
            let loop = EventLoop.current
            var echoes: [Echo] = []
            let endpoint: Endpoint = kind == "tcp" ? .tcp(host: "127.0.0.1", port: 0) : .unix(path: path)
            guard
                let listener = try? Listener.listen(
                    on: endpoint, loop: loop,
                    accept: { stream in
                        let echo = Echo(stream)
                        stream.delegate = echo
                        echoes.append(echo)
                    })
            else { return (-1, nil) }
            let caller = Caller()
            let target: Endpoint =
                kind == "tcp" ? .tcp(host: "localhost", port: listener.port) : .unix(path: path)
            let stream = ByteStream.connect(to: target, on: loop, delegate: caller)
            caller.stream = stream
            for _ in 0..<500 where !caller.isConnected { try? await loop.sleep(for: .milliseconds(5)) }
            var bytes = [UInt8](repeating: 7, count: 8 << 20)
            stream.write(&bytes)
            for _ in 0..<2_000 where caller.received < 8 << 20 { try? await loop.sleep(for: .milliseconds(5)) }
            stream.close()
            for _ in 0..<500 where caller.end == nil { try? await loop.sleep(for: .milliseconds(5)) }
            listener.close()
            return (caller.received, caller.end)
        }
        #expect(received == 8 << 20)
        #expect(end == .closed)
        shard.stop()
        shard.join()
    }

    @Test func `a refused connection says so`() async {
        let shard = Shard(name: "test")
        let end = await shard.run { () -> TransportEnd? in
            let loop = EventLoop.current
            let caller = Caller()
            let stream = ByteStream.connect(to: .tcp(host: "127.0.0.1", port: 1), on: loop, delegate: caller)
            caller.stream = stream
            for _ in 0..<500 where caller.end == nil { try? await loop.sleep(for: .milliseconds(5)) }
            return caller.end
        }
        #expect(end == .failed(code: -111, reason: "connection refused"))
        shard.stop()
        shard.join()
    }
}
