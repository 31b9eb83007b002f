import Foundation
import Messaging
import Testing

@testable import Loop

/// What a loop gives back at its end. Descriptors are counted in processes of their own, where no other test opens any.
@Suite struct ClosingTests {
    @Test func `a loop that ends gives its descriptors back, whatever is open on it`() async {
        await #expect(processExitsWith: .success) {
            // The first loop makes what libuv keeps for the process.
            await Scenes.everything()
            let before = Scenes.descriptors()
            for _ in 0..<Scenes.rounds { await Scenes.everything() }
            #expect(Scenes.descriptors() - before < Scenes.rounds)
        }
    }

    @Test func `a loop that nobody used gives its descriptors back`() async {
        await #expect(processExitsWith: .success) {
            Scenes.end(Shard(name: "first"))
            let before = Scenes.descriptors()
            for _ in 0..<Scenes.rounds { Scenes.end(Shard(name: "idle")) }
            #expect(Scenes.descriptors() - before < Scenes.rounds)
        }
    }

    @Test func `who hears of its stream's end may try to open another one`() async {
        await #expect(processExitsWith: .success) {
            await Scenes.stubborn()
            let before = Scenes.descriptors()
            for _ in 0..<Scenes.rounds { await Scenes.stubborn() }
            #expect(Scenes.descriptors() - before < Scenes.rounds)
        }
    }

    @Test func `calls that come when the loop is going, or gone, do no harm`() {
        for _ in 0..<50 {
            let shard = Shard(name: "going")
            let callers = (0..<4).map { _ in
                NativeThread.start(name: "caller") { for _ in 0..<200 { shard.loop.call {} } }
            }
            Scenes.end(shard)
            for caller in callers { caller.join() }
            shard.loop.call { Issue.record("the loop is gone") }
            shard.stop()
        }
    }
}

private enum Scenes {
    /// A loop that kept anything would keep a descriptor each time; what others in the process open meanwhile (Foundation, the test's own pipes)
    /// is less.
    static let rounds = 20

    static func descriptors() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }

    static func end(_ shard: Shard) {
        shard.stop()
        shard.join()
    }

    /// A shard with one of each kind of handle, ended with all of them open.
    static func everything() async {
        let shard = Shard(name: "full")
        await shard.run {
            let loop = EventLoop.current
            var accepted: [ByteStream] = []
            do {
                let listener = try Listener.listen(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) {
                    $0.delegate = Silent()
                    accepted.append($0)
                }
                _ = try FileWatcher.watch("/tmp", on: loop, changed: {})
                _ = try SignalWatcher.watch(SIGUSR2, on: loop, arrived: {})
                let launch = ChildProcess.Launch(["sleep", "600"])
                let child = try ChildProcess.start(launch, output: Silent(), on: loop, ended: { _ in })
                let client = Silent()
                let target = Endpoint.tcp(host: "127.0.0.1", port: listener.port)
                _ = ByteStream.connect(to: target, on: loop, delegate: client)
                while accepted.isEmpty || !client.isConnected { try? await loop.sleep(for: .milliseconds(1)) }
                // On its way when the loop ends.
                _ = ByteStream.connect(to: target, on: loop, delegate: Silent())
                child.kill(SIGKILL)
            } catch {
                Issue.record(error)
            }
        }
        end(shard)
    }

    /// A shard that ends while somebody on it never gives up.
    static func stubborn() async {
        let shard = Shard(name: "stubborn")
        await shard.run {
            let loop = EventLoop.current
            do {
                let listener = try Listener.listen(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) {
                    $0.delegate = Silent()
                }
                let stubborn = Stubborn(port: listener.port)
                stubborn.connect()
                while !stubborn.isConnected { try? await loop.sleep(for: .milliseconds(1)) }
            } catch {
                Issue.record(error)
            }
        }
        end(shard)
    }
}

/// Somebody who only listens.
private class Silent: TransportDelegate {
    var isConnected = false

    func connected() { isConnected = true }
    func received(_ bytes: RawSpan) {}
    func receivedEnd() {}
    func drained() {}
    func ended(_ end: TransportEnd) {}
}

extension Silent: ChildOutput {
    func attach(_ stream: ByteStream) {}
}

/// Somebody who connects again whenever it loses its connection.
private final class Stubborn: Silent {
    private let port: UInt16
    private var attempts = 0

    init(port: UInt16) { self.port = port }

    func connect() {
        attempts += 1
        guard attempts < 10 else { return }
        _ = ByteStream.connect(to: .tcp(host: "127.0.0.1", port: port), on: .current, delegate: self)
    }

    override func ended(_ end: TransportEnd) { connect() }
}
