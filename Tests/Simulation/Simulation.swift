/// # Simulation: the delivery engine under everything that can go wrong, in virtual time, repeatable from a seed.
///
/// What it is: the real engine of `Delivery` (lanes, policies, dead letters, bulk, drain, reconnects, publishing) between a broker that loses, repeats,
/// delays, reorders, disconnects and refuses, and an app that fails in every way; a clock that is moved; and the rules of docs/delivery.md, looked
/// at after every step. A seed draws the configuration, the load and the faults; then the faults stop, and everything has to be settled.
/// What it is not: no network, no thread, no real time. Adapters have their contract suite, the wire its recorded exchanges.
/// Who calls it: `SimulationTests`, and `simulate` for long runs (docs/simulation.md).
package enum Simulation {
    /// What one seed came to.
    package struct Outcome: Sendable {
        package let seed: UInt64
        /// Nil where every rule held.
        package let violation: Violation?
        package let history: History
        /// What was drawn, in a line.
        package let scenario: String
        /// Virtual time.
        package let seconds: Int
        /// Deliveries that the broker made.
        package let deliveries: Int

        /// What a person needs to find the reason.
        /// - Parameter lines: so many last lines of the history.
        package func report(last lines: Int) -> String {
            let verdict =
                violation.map { "broke the rule: \($0.invariant.rawValue)\n\($0.details)" } ?? "kept every rule"
            return """
                seed \(seed) \(verdict)
                again: MARTLET_SEED=\(seed) swift test --filter SimulationTests
                scenario: \(scenario)
                history:
                \(history.text(last: lines))
                """
        }
    }

    /// Runs one seed to its end, on the calling thread.
    package static func run(seed: UInt64, bug: PlantedBug? = nil) -> Outcome {
        TrapNote.begin(seed: seed)
        let world = World(seed: seed, bug: bug)
        world.run()
        let outcome = Outcome(
            seed: seed, violation: world.ledger.violation, history: world.history, scenario: world.scenario.summary,
            seconds: Int(world.clock.now.nanoseconds / 1_000_000_000), deliveries: world.ledger.handovers.count)
        if outcome.violation == nil {
            world.dispose()
        } else {
            // Its receipts are not settled, and to drop one is an error of its own.
            _ = Unmanaged.passRetained(world)
        }
        return outcome
    }
}
