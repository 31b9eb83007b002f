import Loop
import Messaging
import Testing

@testable import Store

/// How far a group is behind, counted from memory and from the file.
struct LagTests {
    @Test func `events that only the file has are counted, slice by slice, and those of other topics are not`()
        async throws
    {
        let count = Int(LogGroup.countSpan) + 500
        try await onShard(ringBytes: 1_024) { desk in
            // Two of three events are of the topic, so that its events do not fill the slices.
            for start in stride(from: 0, to: count, by: 2_000) {
                let bodies = (start..<min(start + 2_000, count)).map { "\($0)" }
                await desk.publish(bodies)
                await desk.publish(Array(bodies.prefix(bodies.count / 2)), topic: "other")
            }
            let taker = Taker(desk.loop, events: 10)
            taker.isHolding = true
            taker.member = try await desk.log.join("t", group: "g", inlet: taker)
            #expect(await desk.wait { taker.received.count == 10 })
            #expect(await taker.member?.lag() == count)
            taker.settleHeld(4)
            #expect(await desk.wait { taker.received.count == 14 })
            #expect(await taker.member?.lag() == count - 4)
            let other = try await desk.join("other", group: "g", events: 0)
            #expect(await other.member?.lag() == count / 2)
        }
    }

    @Test func `several may ask at once, and nobody waits for a log that closes`() async throws {
        try await onShard(ringBytes: 0) { desk in
            await desk.publish((0..<100).map { "\($0)" })
            let taker = try await desk.join(events: 0)
            let first = desk.loop.launch { #expect(await taker.member?.lag() == 100) }
            let second = desk.loop.launch { #expect(await taker.member?.lag() == 100) }
            await first.value
            await second.value
            var answers = 0
            let late = desk.loop.launch {
                _ = await taker.member?.lag()
                answers += 1
            }
            await desk.log.close()
            await late.value
            #expect(answers == 1)
            #expect(await taker.member?.lag() == .some(nil))
        }
    }

    private func onShard(
        ringBytes: Int, _ body: @escaping @Sendable (Desk) async throws -> Void
    ) async throws {
        let scratch = try Scratch()
        let shard = Shard(name: "lag")
        let failure = await shard.run { () -> (any Error)? in
            let desk = Desk(scratch.path, ringBytes: ringBytes)
            do {
                try await desk.log.open()
                try await body(desk)
            } catch {
                return error
            }
            await desk.log.close()
            return nil
        }
        shard.stop()
        shard.join()
        withExtendedLifetime(scratch) {}
        if let failure { throw failure }
    }
}
