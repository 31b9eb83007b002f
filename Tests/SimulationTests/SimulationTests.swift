import Foundation
import Simulation
import Testing

@Suite struct SimulationTests {
    /// The seed that `MARTLET_SEED` names, else the first so many as `MARTLET_SEEDS` says, else a thousand.
    private static let seeds: ClosedRange<UInt64> = {
        let environment = ProcessInfo.processInfo.environment
        if let one = environment["MARTLET_SEED"].flatMap({ UInt64($0) }) { return one...one }
        return 1...max(environment["MARTLET_SEEDS"].flatMap { UInt64($0) } ?? 1000, 1)
    }()

    @Test func `every rule of delivery holds, whatever fails`() {
        var (failed, seconds, deliveries) = (0, 0, 0)
        for seed in Self.seeds {
            let outcome = Simulation.run(seed: seed)
            seconds += outcome.seconds
            deliveries += outcome.deliveries
            if Self.seeds.count == 1 { print(outcome.report(last: History.limit)) }
            guard outcome.violation != nil else { continue }
            failed += 1
            // The first ones tell enough.
            if failed <= 3 { Issue.record(Comment(rawValue: outcome.report(last: 120))) }
        }
        print(
            "simulation: \(Self.seeds.count) seeds, \(seconds / 3600) hours, \(deliveries) deliveries, \(failed) failed"
        )
        #expect(failed == 0)
    }

    @Test func `a seed has the same history each time`() {
        for seed in UInt64(1)...40 {
            let first = Simulation.run(seed: seed)
            let second = Simulation.run(seed: seed)
            #expect(first.history.text() == second.history.text())
            #expect(first.history.count > 10 && first.deliveries == second.deliveries)
        }
    }

    @Test func `a seed that fails prints how to run it again, and what happened at last`() throws {
        let outcome = try #require(SimulationTests.first(.settlesTwice))
        let report = outcome.report(last: 5)
        #expect(report.contains("seed \(outcome.seed) broke the rule: a delivery is settled once"))
        #expect(report.contains("MARTLET_SEED=\(outcome.seed) swift test --filter SimulationTests"))
        #expect(report.split(separator: "\n").last?.contains("acknowledges") == true)
    }

    /// A mistake, and the rules that may find it first.
    struct Planted: CustomTestStringConvertible {
        let bug: PlantedBug
        let rules: Set<Invariant>
        var testDescription: String { bug.rawValue }
    }

    private static let planted: [Planted] = [
        Planted(bug: .acknowledgesBeforeSuccess, rules: [.nothingLost]),
        Planted(bug: .acknowledgesWhatFailed, rules: [.nothingLost]),
        Planted(bug: .forgetsRelease, rules: [.accountsAgree]),
        Planted(bug: .settlesTwice, rules: [.settledOnce]),
        Planted(bug: .leaksLane, rules: [.accountsAgree, .nothingStanding, .scheduleKept]),
        Planted(bug: .takesRefusedDeadLetterForStored, rules: [.nothingLost]),
        Planted(bug: .forgetsKeys, rules: [.orderKept, .bytesKept]),
        Planted(bug: .callsTwice, rules: [.boundsKept]),
        Planted(bug: .callsLate, rules: [.nothingAfterEnd, .boundsKept, .settledOnce]),
        Planted(bug: .changesBytes, rules: [.bytesKept]),
        Planted(bug: .forgetsCredit, rules: [.nothingStanding]),
        Planted(bug: .forgetsToGoOn, rules: [.nothingStanding]),
    ]

    private static func first(_ bug: PlantedBug) -> Simulation.Outcome? {
        (UInt64(1)...1000).lazy.map { Simulation.run(seed: $0, bug: bug) }.first { $0.violation != nil }
    }

    @Test(arguments: planted)
    func `a planted bug is found within a thousand seeds, by the rule that it breaks`(planted: Planted) throws {
        let outcome = try #require(SimulationTests.first(planted.bug), "nothing found \(planted.bug)")
        let violation = try #require(outcome.violation)
        print("planted: \(planted.bug) is found by seed \(outcome.seed): \(violation.invariant.rawValue)")
        #expect(planted.rules.contains(violation.invariant), "\(outcome.report(last: 30))")
    }

    @Test func `each kind of bug is planted`() {
        #expect(Set(Self.planted.map(\.bug)) == Set(PlantedBug.allCases))
    }
}
