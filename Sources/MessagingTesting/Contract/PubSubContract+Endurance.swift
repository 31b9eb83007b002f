internal import Messaging

extension PubSubContract {
    /// What takes long: outages, links that go silent, handlers that are slow, events that wait. Each fault brings the evidence that it happened.
    static let endurance: [PubSubRule] = [
        PubSubRule(
            "half a minute without the broker loses nothing", needs: [.durable], needsBroker: true, takesLong: true
        ) { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            var publishes = Publishes(bench, component, "t")
            try await publishes.all(["before"])
            await bench.harness.stopBroker()
            try await bench.evidence("the broker answers although it was stopped") { await !bench.harness.answers() }
            let end = bench.harness.scheduler.now + .seconds(30)
            while bench.harness.scheduler.now < end {
                try await publishes.all((0..<5).map { "\(publishes.count)-\($0)" })
                await bench.pass(.milliseconds(500))
            }
            try await bench.evidence("no publish noticed the outage") { !publishes.failed.isEmpty }
            await bench.harness.startBroker()
            try await publishes.untilStored("after", within: .seconds(45))
            try await bench.wait("every stored event", within: .seconds(30)) {
                publishes.stored.isSubset(of: Set(subscriber.bodies))
            }
            try publishes.checkNothingRefusedCame(subscriber.bodies)
        },
        PubSubRule(
            "a link that goes silent is noticed, and nothing is lost", needs: [.durable], needsLink: true,
            takesLong: true
        ) { bench in
            bench.harness.useLink()
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            var publishes = Publishes(bench, component, "t")
            try await publishes.all((0..<20).map { "before-\($0)" })
            try await bench.wait("the first events") { subscriber.bodies.count >= 20 }
            await bench.harness.silenceLink()
            try await publishes.all((0..<20).map { "silent-\($0)" }, within: .seconds(60))
            try await bench.evidence("nothing was lost on the silent link") { bench.harness.swallowedBytes > 0 }
            try await publishes.untilStored("after", within: .seconds(60))
            try await bench.wait("every stored event", within: .seconds(60)) {
                publishes.stored.isSubset(of: Set(subscriber.bodies))
            }
            try publishes.checkNothingRefusedCame(subscriber.bodies)
        },
        PubSubRule("a slow handler keeps its connection and its event", needs: [.durable], takesLong: true) { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t") { message in
                message.body.elementsEqual("slow".utf8) ? .hold : .acknowledge
            }
            try await bench.store(component, "t", ["slow"])
            try await bench.wait("the slow event") { subscriber.heldCount == 1 }
            // Longer than what the broker or a lease gives to whom is silent.
            await bench.pass(bench.harness.idleLimit * 2.5)
            try await bench.store(component, "t", ["quick"])
            try await bench.wait("the quick event") { subscriber.bodies.contains("quick") }
            try bench.check(component.losses == 0, "the connection was lost while the handler was slow")
            subscriber.settle()
            await bench.watch()
            try bench.check(subscriber.bodies == ["slow", "quick"], "there came \(subscriber.bodies)")
            await bench.close(component)
            let again = try await bench.connected()
            let next = try await bench.subscribe(again, "t")
            await bench.pass(bench.harness.idleLimit + .milliseconds(500))
            try bench.check(next.bodies.isEmpty, "what was acknowledged came again: \(next.bodies)")
        },
        PubSubRule("an event that nobody settles does not stop the others", needs: [.durable]) { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t", limit: Credit(events: 20, bytes: 1 << 20)) {
                $0.body.elementsEqual("poison".utf8) ? .hold : .acknowledge
            }
            let others = (0..<200).map { "\($0)" }
            try await bench.store(component, "t", Array(others.prefix(100)) + ["poison"] + others.suffix(100))
            try await bench.wait("all others") { Set(others).isSubset(of: Set(subscriber.bodies)) }
            try bench.check(subscriber.heldCount >= 1, "the poison event did not come")
        },
        PubSubRule("what waits stays at the broker until there is credit", needs: [.durable]) { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t", limit: Credit(events: 50, bytes: 1 << 20)) { _ in
                .hold
            }
            let bodies = (0..<5_000).map { "\($0)" }
            for start in stride(from: 0, to: bodies.count, by: 500) {
                try await bench.store(component, "t", Array(bodies[start..<start + 500]))
            }
            try await bench.wait("as many as there is credit for") { subscriber.received.count >= 50 }
            await bench.watch()
            try bench.check(subscriber.received.count == 50, "\(subscriber.received.count) events came for 50")
            subscriber.verdict = { _ in .acknowledge }
            subscriber.settle()
            try await bench.wait("all the others", within: .seconds(60)) {
                subscriber.received.count >= bodies.count && Set(bodies).isSubset(of: Set(subscriber.bodies))
            }
            try bench.check(subscriber.overrun == 0 && subscriber.mostInFlight <= 50, "more came than there was credit")
        },
    ]
}

/// Publishes of a rule with faults, and how each ended.
private struct Publishes {
    private let bench: ContractBench
    private let component: ContractComponent
    private let topic: String
    /// How many were tried.
    private(set) var count = 0
    private(set) var stored: Set<String> = []
    private(set) var failed: Set<String> = []
    private var unknown: Set<String> = []

    init(_ bench: ContractBench, _ component: ContractComponent, _ topic: String) {
        self.bench = bench
        self.component = component
        self.topic = topic
    }

    /// Publishes, and waits until each has an answer, whatever it is.
    mutating func all(_ bodies: [String], within patience: Duration = ContractBench.patience) async throws {
        let tokens = bench.start(component, bodies.map { (topic, Array($0.utf8), Metadata(), []) })
        count += bodies.count
        let bench = bench
        try await bench.wait("an answer to each publish", within: patience) {
            tokens.allSatisfy { bench.outcome($0) != nil }
        }
        for (token, body) in zip(tokens, bodies) {
            switch bench.outcome(token) {
            case .stored?: stored.insert(body)
            case .failed(let error)?:
                failed.insert(body)
                if error.outcome == .unknown { unknown.insert(body) }
            case nil: break
            }
        }
    }

    /// Publishes until one is stored again.
    mutating func untilStored(_ body: String, within patience: Duration) async throws {
        let end = bench.harness.scheduler.now + patience
        let before = stored.count
        while stored.count == before {
            guard bench.harness.scheduler.now < end else { throw ContractViolation("no publish was stored any more") }
            try await all(["\(body)-\(count)"], within: patience)
            await bench.pass(.milliseconds(200))
        }
    }

    /// Throws where an event came whose publish said that it was not sent.
    func checkNothingRefusedCame(_ bodies: [String]) throws {
        let phantoms = Set(bodies).subtracting(stored).subtracting(unknown)
        try bench.check(phantoms.isEmpty, "these were refused, and came all the same: \(phantoms.sorted())")
    }
}
