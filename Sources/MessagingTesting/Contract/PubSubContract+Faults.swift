internal import Messaging

extension PubSubContract {
    /// The broker goes and comes.
    static let faults: [PubSubRule] = [
        PubSubRule("a broker that restarts in mid-stream loses nothing", needs: [.durable], needsBroker: true) {
            bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t", limit: Credit(events: 50, bytes: 1 << 20))
            var stored: Set<String> = []
            var unknown: Set<String> = []
            var failures = 0
            for round in 0..<6 {
                let bodies = (0..<50).map { "\(round)-\($0)" }
                let tokens = bench.start(component, bodies.map { ("t", Array($0.utf8), Metadata(), []) })
                if round % 3 == 1 { await bench.harness.stopBroker() }
                if round % 3 == 2 { await bench.harness.startBroker() }
                try await bench.wait("all answers") { tokens.allSatisfy { bench.outcome($0) != nil } }
                for (token, body) in zip(tokens, bodies) {
                    switch bench.outcome(token) {
                    case .stored?: stored.insert(body)
                    case .failed(let error)?:
                        failures += 1
                        if error.outcome == .unknown { unknown.insert(body) }
                    case nil: break
                    }
                }
            }
            try await bench.evidence("nothing noticed the restarts") { failures > 0 || component.losses > 0 }
            try await bench.wait("a publish that is stored again") { !component.isLost }
            try await bench.store(component, "t", ["last"])
            stored.insert("last")
            try await bench.wait("every stored event") { stored.isSubset(of: Set(subscriber.bodies)) }
            let phantom = Set(subscriber.bodies).subtracting(stored).subtracting(unknown)
            try bench.check(phantom.isEmpty, "these were refused, and came all the same: \(phantom.sorted())")
        },
        PubSubRule("without its broker a component says so, and connects when it is there", needsBroker: true) {
            bench in
            await bench.harness.stopBroker()
            let component = try bench.make()
            do {
                try await component.pubSub.connect()
                await bench.harness.startBroker()
                throw ContractViolation("it connected to a broker that is not there")
            } catch let error as ComponentError {
                await bench.harness.startBroker()
                try bench.check(error.code == .unavailable || error.code == .timeout, "the error is \(error)")
            }
            component.isLost = true
            try await bench.wait("a connection") { !component.isLost }
            let subscriber = try await bench.subscribe(component, "t")
            try await bench.store(component, "t", ["a"])
            try await bench.wait("an event") { subscriber.bodies == ["a"] }
        },
    ]
}
