import Glibc
import Simulation

// simulate SEEDS [FIRST]    that many seeds, from FIRST or 1
// simulate --seed SEED      one, with its history
// simulate --planted        each planted bug, and the rule that finds it
let arguments = CommandLine.arguments.dropFirst()

func one(_ seed: UInt64) -> Bool {
    let outcome = Simulation.run(seed: seed)
    print(outcome.report(last: 5000))
    return outcome.violation == nil
}

func many(_ count: UInt64, from first: UInt64) -> Bool {
    var failed = 0
    var seconds = 0
    var deliveries = 0
    var kinds: [String: Int] = [:]
    for seed in first..<first + count {
        let outcome = Simulation.run(seed: seed)
        seconds += outcome.seconds
        deliveries += outcome.deliveries
        kinds.merge(outcome.history.kinds, uniquingKeysWith: +)
        guard outcome.violation != nil else { continue }
        failed += 1
        if let violation = outcome.violation {
            print("seed \(seed): \(violation.invariant.rawValue): \(violation.details)")
        }
        if failed <= 10 { print(outcome.report(last: 60)) }
    }
    for (words, number) in kinds.sorted(by: { $0.value > $1.value }) { print("\(number)  \(words)") }
    print("simulate: \(count) seeds, \(seconds / 3600) hours, \(deliveries) deliveries, \(failed) failed")
    return failed == 0
}

func planted() -> Bool {
    var isComplete = true
    for bug in PlantedBug.allCases {
        var found: [String: Int] = [:]
        for seed in 1...200 as ClosedRange<UInt64> {
            if let violation = Simulation.run(seed: seed, bug: bug).violation {
                found[violation.invariant.rawValue, default: 0] += 1
            }
        }
        print("\(bug.rawValue): \(found)")
        isComplete = isComplete && !found.isEmpty
    }
    return isComplete
}

let isFine: Bool =
    switch arguments.first {
    case "--seed"?: one(arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1)
    case "--planted"?: planted()
    case let count?: many(UInt64(count) ?? 1000, from: arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1)
    case nil: many(1000, from: 1)
    }
exit(isFine ? 0 : 1)
