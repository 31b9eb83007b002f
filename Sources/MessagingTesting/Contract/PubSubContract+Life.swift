internal import Messaging

extension PubSubContract {
    /// Pausing, ending, closing.
    static let life: [PubSubRule] = [
        PubSubRule("what is left unsettled at the end comes again, what was acknowledged does not", needs: [.durable]) {
            bench in
            var component = try await bench.connected()
            let first = try await bench.subscribe(component, "t") { _ in .hold }
            try await bench.store(component, "t", ["a", "b", "c", "d"])
            try await bench.wait("four events") { first.received.count == 4 }
            let acknowledged = first.bodies.prefix(2)
            first.settle(2)
            await bench.watch()
            await bench.close(component)
            component = try await bench.connected()
            let second = try await bench.subscribe(component, "t")
            try await bench.wait("the two others") { second.received.count >= 2 }
            await bench.watch()
            let expected = Set(["a", "b", "c", "d"]).subtracting(acknowledged)
            try bench.check(
                Set(second.bodies) == expected, "\(acknowledged) were acknowledged, then came \(second.bodies)")
        },
        PubSubRule("a subscription that ends leaves its events to the next one", needs: [.durable]) { bench in
            let component = try await bench.connected()
            let first = try await bench.subscribe(component, "t") { _ in .hold }
            try await bench.store(component, "t", ["a", "b"])
            try await bench.wait("two events") { first.received.count == 2 }
            await bench.cancel(first)
            try await bench.store(component, "t", ["c"])
            let second = try await bench.subscribe(component, "t")
            try await bench.wait("all three") { Set(second.bodies) == ["a", "b", "c"] }
            try bench.check(first.received.count == 2, "an event came after the end")
        },
        PubSubRule("ending one subscription leaves the others") { bench in
            let component = try await bench.connected()
            let one = try await bench.subscribe(component, "one")
            let two = try await bench.subscribe(component, "two")
            try await bench.store(component, "one", ["a"])
            try await bench.wait("an event") { one.received.count == 1 }
            await bench.cancel(one)
            await bench.cancel(one)
            try await bench.store(component, "two", ["b"])
            try await bench.store(component, "one", ["c"])
            try await bench.wait("the other's event") { two.bodies == ["b"] }
            await bench.watch()
            try bench.check(one.received.count == 1, "an event came after the end")
        },
        PubSubRule("while paused nothing new comes, afterwards nothing is missing", needs: [.durable]) { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            try await bench.store(component, "t", ["a"])
            try await bench.wait("the first event") { subscriber.received.count == 1 }
            subscriber.source?.pause()
            await bench.watch()
            try await bench.store(component, "t", ["b", "c"])
            await bench.watch()
            try bench.check(subscriber.received.count == 1, "an event came while paused")
            subscriber.source?.resume()
            try await bench.wait("the others") { Set(subscriber.bodies) == ["a", "b", "c"] }
        },
        PubSubRule("closing is idempotent and ends within five seconds") { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t") { _ in .hold }
            _ = bench.start(component, (0..<100).map { ("t", Array("\($0)".utf8), Metadata(), []) })
            try await bench.wait("an event") { !subscriber.received.isEmpty }
            let start = bench.harness.scheduler.now
            await component.pubSub.close()
            await component.pubSub.close()
            let took = bench.harness.scheduler.now.elapsed(since: start)
            try bench.check(took < .milliseconds(5_500), "closing took \(took)")
            let before = subscriber.received.count
            await bench.watch()
            try bench.check(subscriber.received.count == before, "an event came after the end")
        },
        PubSubRule("every publish is answered, also those under way at the close") { bench in
            let component = try await bench.connected()
            let tokens = bench.start(component, (0..<100).map { ("t", Array("\($0)".utf8), Metadata(), []) })
            await component.pubSub.close()
            try await bench.wait("all answers") { tokens.allSatisfy { bench.outcome($0) != nil } }
        },
        PubSubRule("a publish after the close is refused, and says that it was not sent") { bench in
            let component = try await bench.connected()
            await component.pubSub.close()
            guard case .failed(let error)? = try await bench.publish(component, "t", ["late"]).first else {
                throw ContractViolation("a publish after the close was taken")
            }
            try bench.check(error.code == .closed && error.outcome == .notSent, "the error is \(error)")
            do {
                _ = try await bench.subscribe(component, "t")
            } catch let error as ComponentError {
                return try bench.check(error.code == .closed, "the error is \(error)")
            }
            throw ContractViolation("a subscription after the close was taken")
        },
        PubSubRule(
            "before the connection a publish is refused, and says that it was not sent", needs: [.durable],
            { bench in
                let component = try bench.make()
                guard case .failed(let error)? = try await bench.publish(component, "t", ["early"]).first else {
                    throw ContractViolation("a publish before the connection was taken")
                }
                try bench.check(error.outcome == .notSent && error.code == .unavailable, "the error is \(error)")
            }),
    ]
}
