internal import Messaging

extension PubSubContract {
    /// Who gets what: groups, sharing, what was there before.
    static let groups: [PubSubRule] = [
        PubSubRule("two groups both get all") { bench in
            let bodies = (0..<50).map { "\($0)" }
            if bench.harness.sharesTopics {
                let first = try await bench.connected(consumer: "first")
                let second = try await bench.connected(consumer: "second", instance: "two")
                let one = try await bench.subscribe(first, "t")
                let other = try await bench.subscribe(second, "t")
                try await bench.store(first, "t", bodies)
                try await bench.wait("all events in both groups") {
                    one.received.count >= 50 && other.received.count >= 50
                }
                try bench.check(Set(one.bodies) == Set(bodies) && Set(other.bodies) == Set(bodies), "some are missing")
            } else if bench.harness.kind.capabilities.contains(.durable) {
                // One instance at a time: both groups are made, then each comes for its events.
                for consumer in ["first", "second"] {
                    let component = try await bench.connected(consumer: consumer)
                    _ = try await bench.subscribe(component, "t")
                    await bench.close(component)
                }
                for consumer in ["first", "second"] {
                    let component = try await bench.connected(consumer: consumer)
                    if consumer == "first" { try await bench.store(component, "t", bodies) }
                    let subscriber = try await bench.subscribe(component, "t")
                    try await bench.wait("the events of group \(consumer)") { Set(subscriber.bodies) == Set(bodies) }
                    await bench.close(component)
                }
            } else {
                let component = try await bench.connected()
                let one = try await bench.subscribe(component, "t")
                let other = try await bench.subscribe(component, "t")
                try await bench.store(component, "t", bodies)
                try await bench.wait("all events at both") { one.received.count == 50 && other.received.count == 50 }
                try bench.check(one.bodies == bodies && other.bodies == bodies, "some are missing")
            }
        },
        PubSubRule("subscriptions of one group share: each event goes to one", needs: [.durable]) { bench in
            let component = try await bench.connected()
            let isShared = bench.harness.kind.capabilities.contains(.sharedGroups)
            let second = isShared ? try await bench.connected(instance: "two") : component
            let one = try await bench.subscribe(component, "t", limit: Credit(events: 5, bytes: 1 << 20)) { _ in .hold }
            let other = try await bench.subscribe(second, "t", limit: Credit(events: 5, bytes: 1 << 20)) { _ in .hold }
            try await bench.store(component, "t", (0..<10).map { "\($0)" })
            try await bench.wait("five events at each") { one.received.count == 5 && other.received.count == 5 }
            try bench.check(
                Set(one.bodies + other.bodies).count == 10, "an event went to both: \(one.bodies) \(other.bodies)")
            one.settle()
            other.settle()
            await bench.watch()
            try bench.check(one.received.count + other.received.count == 10, "an acknowledged event came again")
        },
        PubSubRule(
            "several processes may share a group, or the second is refused", needs: [.durable, .sharedGroups], { _ in },
            otherwise: { bench in
                guard bench.harness.kind.capabilities.contains(.durable) else { return }
                let first = try await bench.connected()
                if bench.harness.kind.capabilities.contains(.session) { return try await takesOver(bench, first) }
                let second = try bench.make(instance: "two")
                do {
                    try await second.pubSub.connect()
                } catch let error as ComponentError {
                    return try bench.check(error.code == .refused, "the second is refused with \(error.code)")
                }
                throw ContractViolation("a second instance connected")
            }),
        PubSubRule(
            "what was published before the group was there is delivered", needs: [.durable],
            { bench in
                if bench.harness.kind.capabilities.contains(.session) { return try await beginsNow(bench) }
                let component = try await bench.connected()
                try await bench.store(component, "t", ["early"])
                let subscriber = try await bench.subscribe(component, "t")
                try await bench.wait("the early event") { subscriber.bodies == ["early"] }
            },
            otherwise: { bench in try await beginsNow(bench) }),
        PubSubRule("topics do not mix") { bench in
            let component = try await bench.connected()
            let one = try await bench.subscribe(component, "one")
            let two = try await bench.subscribe(component, "two")
            for index in 0..<20 { try await bench.store(component, index % 2 == 0 ? "one" : "two", ["\(index)"]) }
            try await bench.wait("ten events each") { one.received.count >= 10 && two.received.count >= 10 }
            await bench.watch()
            let even = Set((0..<20).filter { $0 % 2 == 0 }.map { "\($0)" })
            try bench.check(Set(one.bodies) == even && two.received.count == 10, "got \(one.bodies) and \(two.bodies)")
        },
    ]

    /// A group that is there from its first subscription on.
    private static func beginsNow(_ bench: ContractBench) async throws {
        let component = try await bench.connected()
        try await bench.store(component, "t", ["early"])
        let subscriber = try await bench.subscribe(component, "t")
        try await bench.store(component, "t", ["late"])
        try await bench.wait("the late event") { !subscriber.received.isEmpty }
        await bench.watch()
        try bench.check(subscriber.bodies == ["late"], "got \(subscriber.bodies)")
    }

    /// A second process with the session's name gets what the first had not finished.
    private static func takesOver(_ bench: ContractBench, _ first: ContractComponent) async throws {
        let one = try await bench.subscribe(first, "t") { _ in .hold }
        try await bench.store(first, "t", ["a"])
        try await bench.wait("the event") { one.received.count == 1 }
        let second = try await bench.connected(instance: "two")
        let other = try await bench.subscribe(second, "t")
        try await bench.wait("the first to be told") { first.losses > 0 }
        await bench.close(first)
        try await bench.wait("the event at the second") { other.bodies.contains("a") }
    }
}
