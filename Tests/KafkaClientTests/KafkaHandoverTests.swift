import Brokers
import Testing

/// Giving partitions away: finish, write down, go on.
struct KafkaHandoverTests {
    enum Fact: Sendable {
        case begin(out: Int, areLost: Bool = false)
        case settled(out: Int)
        case appTooSlow
        case committed(underWay: Int = 0, isComplete: Bool = true)
        case brokerTooSlow
    }

    static let tables: [(String, [(Fact, KafkaHandover.Action)])] = [
        ("nothing at the app", [(.begin(out: 0), .commit), (.committed(), .giveAway)]),
        (
            "the app finishes first",
            [
                (.begin(out: 2), .wait), (.settled(out: 1), .wait), (.settled(out: 0), .commit),
                (.committed(), .giveAway),
            ]
        ),
        (
            "what the app does not finish in time comes again",
            [(.begin(out: 2), .wait), (.appTooSlow, .commit), (.settled(out: 1), .wait), (.committed(), .giveAway)]
        ),
        (
            "a commit that was under way before is waited for",
            [(.begin(out: 0), .commit), (.committed(underWay: 1), .wait), (.committed(), .giveAway)]
        ),
        (
            "a commit that was not taken is made again",
            [
                (.begin(out: 0), .commit), (.committed(isComplete: false), .commitSoon),
                (.committed(isComplete: false), .commitSoon), (.committed(), .giveAway),
            ]
        ),
        (
            "a broker that does not answer is not waited for without end",
            [(.begin(out: 0), .commit), (.brokerTooSlow, .giveAway), (.committed(), .wait)]
        ),
        ("what is lost is not waited for", [(.begin(out: 2, areLost: true), .giveAway), (.settled(out: 0), .wait)]),
        (
            "what is lost while it is given away",
            [(.begin(out: 2), .wait), (.begin(out: 0, areLost: true), .giveAway), (.appTooSlow, .wait)]
        ),
        (
            "without a handover nothing happens",
            [(.settled(out: 0), .wait), (.committed(), .wait), (.appTooSlow, .wait)]
        ),
    ]

    @Test(arguments: tables)
    func `each fact has its consequence`(_ name: String, _ steps: [(Fact, KafkaHandover.Action)]) {
        var handover = KafkaHandover()
        for (index, (fact, expected)) in steps.enumerated() {
            let action =
                switch fact {
                case .begin(let out, let areLost): handover.begin(out: out, areLost: areLost)
                case .settled(let out): handover.settled(out: out)
                case .appTooSlow: handover.finishingTookTooLong()
                case .committed(let underWay, let isComplete):
                    handover.committed(underWay: underWay, isComplete: isComplete)
                case .brokerTooSlow: handover.committingTookTooLong()
                }
            #expect(action == expected, "step \(index): \(fact)")
        }
    }
}
