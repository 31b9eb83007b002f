internal import Messaging

extension PubSubContract {
    /// What is told of a group when somebody asks.
    static let lag: [PubSubRule] = [
        PubSubRule(
            "a source tells how many events its group has not settled, or that it does not know", needs: [.lag],
            { bench in
                let component = try await bench.connected()
                let one = try await bench.subscribe(component, "t", limit: Credit(events: 2, bytes: 1 << 20)) { _ in
                    .hold
                }
                try await expect(0, of: one, bench)
                _ = bench.start(component, (0..<5).map { ("t", Array("\($0)".utf8), Metadata(), []) })
                try await expect(5, of: one, bench)
                try await bench.wait("an event") { one.heldCount > 0 }
                one.settle(1)
                try await expect(4, of: one, bench)
                one.verdict = { _ in .acknowledge }
                one.settle()
                try await expect(0, of: one, bench)
                guard bench.harness.kind.capabilities.contains(.durable) else { return }
                await bench.cancel(one)
                try await bench.store(component, "t", ["a", "b", "c"])
                try await bench.store(component, "other", ["d"])
                let next = try await bench.subscribe(component, "t", limit: Credit(events: 1, bytes: 1 << 20)) { _ in
                    .hold
                }
                try await expect(3, of: next, bench)
            },
            otherwise: { bench in
                let component = try await bench.connected()
                let one = try await bench.subscribe(component, "t")
                let lag = await one.source?.lag()
                try bench.check(lag == .some(nil), "a kind without the capability tells a lag")
            })
    ]

    private static func expect(_ count: Int, of subscriber: ContractSubscriber, _ bench: ContractBench) async throws {
        let end = bench.harness.scheduler.now + .seconds(5)
        var latest: Int?
        repeat {
            latest = await subscriber.source?.lag() ?? nil
            if latest == count { return }
            await bench.harness.sleep(for: .milliseconds(5))
        } while bench.harness.scheduler.now < end
        let told = latest.map { "\($0)" } ?? "nothing"
        try bench.check(false, "\(count) events are unsettled, and the source tells \(told)")
    }
}
