internal import Messaging

extension PubSubContract {
    /// One event's way: bytes, order, credit, redelivery.
    static let delivery: [PubSubRule] = [
        PubSubRule("an event that is acknowledged arrives once") { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            try await bench.store(component, "t", ["a", "b", "c"])
            try await bench.wait("three events") { subscriber.received.count >= 3 }
            await bench.watch()
            try bench.check(subscriber.bodies.sorted() == ["a", "b", "c"], "got \(subscriber.bodies)")
        },
        PubSubRule("bytes, key and metadata survive") { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            let body = (0...255).map { UInt8($0) } + [0, 0]
            let metadata = Metadata([("plain", "value"), ("empty", ""), ("text", "ü \"x\" \\ 日本")])
            try await bench.publish(
                component, [("t", body, metadata, Array("key/1".utf8)), ("t", [1], Metadata(), [])])
            try await bench.wait("two events") { subscriber.received.count >= 2 }
            guard let message = subscriber.received.first(where: { $0.body == body }) else {
                throw ContractViolation("the body of 258 bytes came changed")
            }
            try bench.check(message.topic.hasSuffix("-t"), "the topic is \(message.topic)")
            if bench.harness.kind.capabilities.contains(.bodyOnly) { return }
            try bench.check(message.key == Array("key/1".utf8), "the key is \(message.key)")
            for pair in metadata.pairs {
                let value = message.metadata[pair.key]
                try bench.check(value == pair.value, "metadata \(pair.key) is \(value ?? "missing")")
            }
        },
        PubSubRule("large and empty bodies survive") { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            var large = [UInt8](repeating: 0xA5, count: 3 << 20)
            for index in stride(from: 0, to: large.count, by: 1_021) {
                large[index] = UInt8(truncatingIfNeeded: index >> 8)
            }
            for outcome in try await bench.publish(
                component, [("t", large, Metadata(), []), ("t", [], Metadata(), [])])
            {
                if case .failed(let error) = outcome { throw ContractViolation("a publish failed: \(error)") }
            }
            try await bench.wait("both events") { subscriber.received.count >= 2 }
            let bodies = subscriber.received.map(\.body)
            try bench.check(bodies.contains { $0 == large }, "3 MiB came changed")
            try bench.check(bodies.contains { $0.isEmpty }, "the empty body came changed")
        },
        PubSubRule("events come in the order of publishing", needs: [.ordered]) { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t", limit: Credit(events: 7, bytes: 1 << 20))
            let bodies = (0..<300).map { "\($0)" }
            for start in stride(from: 0, to: 300, by: 50) {
                try await bench.store(component, "t", Array(bodies[start..<start + 50]))
            }
            try await bench.wait("300 events") { subscriber.received.count >= 300 }
            try bench.check(subscriber.bodies == bodies, "the order is \(subscriber.bodies.prefix(20))…")
        },
        PubSubRule("credit is never exceeded, and settled events make room", needs: [.durable]) { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t", limit: Credit(events: 3, bytes: 1 << 20)) { _ in
                .hold
            }
            try await bench.store(component, "t", (0..<20).map { "\($0)" })
            try await bench.wait("three events") { subscriber.received.count >= 3 }
            await bench.watch()
            try bench.check(
                subscriber.received.count == 3, "\(subscriber.received.count) events came for a credit of 3")
            while subscriber.received.count < 20 {
                let before = subscriber.received.count
                subscriber.settle(2)
                try await bench.wait("more events") { subscriber.received.count > before }
            }
            try bench.check(subscriber.overrun == 0, "\(subscriber.overrun) events came without credit")
            try bench.check(subscriber.mostInFlight <= 3, "\(subscriber.mostInFlight) events were in flight")
        },
        PubSubRule("an event larger than the credit's bytes passes alone", needs: [.durable]) { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t", limit: Credit(events: 10, bytes: 100)) { _ in
                .hold
            }
            try await bench.store(component, "t", (0..<3).map { String(repeating: "\($0)", count: 5_000) })
            for count in 1...3 {
                try await bench.wait("event \(count)") { subscriber.received.count >= count }
                await bench.watch()
                try bench.check(subscriber.received.count == count, "\(subscriber.received.count) events came at once")
                subscriber.settle()
            }
        },
        PubSubRule(
            "several events are in flight at once, unless the kind is serial", needs: [.serial],
            { bench in
                let component = try await bench.connected()
                let subscriber = try await bench.subscribe(component, "t") { _ in .hold }
                let events = (0..<3).map { ("t", Array("\($0)".utf8), Metadata(), [UInt8]()) }
                let tokens = bench.start(component, events)
                try await bench.wait("the first event") { subscriber.received.count == 1 }
                await bench.watch()
                try bench.check(subscriber.received.count == 1, "the second came before the first was settled")
                try bench.check(bench.outcome(tokens[0]) != nil, "the first publish is not answered")
                try bench.check(bench.outcome(tokens[1]) == nil, "the second publish was answered before its turn")
                for count in 1...3 {
                    try await bench.wait("event \(count)") { subscriber.received.count == count }
                    subscriber.settle()
                }
                try await bench.wait("all answers") { tokens.allSatisfy { bench.outcome($0) != nil } }
            },
            otherwise: { bench in
                let component = try await bench.connected()
                let subscriber = try await bench.subscribe(component, "t") { _ in .hold }
                try await bench.store(component, "t", (0..<10).map { "\($0)" })
                try await bench.wait("ten events in flight") { subscriber.mostInFlight == 10 }
                subscriber.settle()
                await bench.watch()
            }),
        PubSubRule(
            "a released event comes again until it is acknowledged", needs: [.durable],
            { bench in
                let component = try await bench.connected()
                let subscriber = try await bench.subscribe(component, "t")
                subscriber.verdict = { [unowned subscriber] message in
                    let count = subscriber.received.count { $0.body == message.body }
                    return message.body == [0x62] && count < 3 ? .release(attempts: count) : .acknowledge
                }
                try await bench.store(component, "t", ["a", "b", "c"])
                try await bench.wait("b three times") { subscriber.bodies.count { $0 == "b" } == 3 }
                await bench.watch()
                try bench.check(subscriber.received.count == 5, "got \(subscriber.bodies)")
            },
            otherwise: { bench in
                let component = try await bench.connected()
                let subscriber = try await bench.subscribe(component, "t")
                subscriber.verdict = { $0.body == [0x62] ? .release(attempts: 1) : .acknowledge }
                try await bench.store(component, "t", ["a", "b", "c"])
                try await bench.wait("three events") { subscriber.received.count >= 3 }
                await bench.watch()
                try bench.check(subscriber.bodies == ["a", "b", "c"], "got \(subscriber.bodies)")
            }),
        PubSubRule("whatever is released and acknowledged in whatever order, nothing is lost", needs: [.durable]) {
            bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t", limit: Credit(events: 100, bytes: 1 << 20))
            var acknowledged: Set<[UInt8]> = []
            var count = 0
            subscriber.verdict = { message in
                count += 1
                if count % 7 == 0, message.earlierAttempts < 2 {
                    return .release(attempts: message.earlierAttempts + 1)
                }
                acknowledged.insert(message.body)
                return .acknowledge
            }
            for batch in 0..<20 { try await bench.store(component, "t", (0..<100).map { "\(batch)-\($0)" }) }
            try await bench.wait("2,000 different events acknowledged") { acknowledged.count == 2_000 }
        },
        PubSubRule(
            "a pattern matches the topics that it should", needs: [.subscribeWildcards],
            { bench in
                let pattern = bench.harness.pattern
                let component = try await bench.connected()
                let subscriber = try await bench.subscribe(component, pattern.text)
                for topic in pattern.others + pattern.matching { try await bench.store(component, topic, [topic]) }
                try await bench.wait("the events") { subscriber.received.count >= pattern.matching.count }
                await bench.watch()
                try bench.check(subscriber.bodies == pattern.matching, "got \(subscriber.bodies)")
            },
            otherwise: { bench in
                let component = try await bench.connected()
                let subscriber: ContractSubscriber
                do {
                    subscriber = try await bench.subscribe(component, "ab*")
                } catch let error as ComponentError {
                    // A broker that knows no topic of that name says so.
                    return try bench.check(error.code == .refused, "the error is \(error)")
                }
                try await bench.store(component, "abc", ["other"])
                try await bench.store(component, "ab*", ["literal"])
                try await bench.wait("the event of the topic with that very name") { !subscriber.received.isEmpty }
                await bench.watch()
                try bench.check(subscriber.bodies == ["literal"], "got \(subscriber.bodies)")
            }),
    ]
}
