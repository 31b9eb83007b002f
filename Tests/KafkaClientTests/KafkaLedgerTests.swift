import Brokers
import Messaging
import Testing

/// The position of a partition: what may be committed, whatever the order of endings.
struct KafkaLedgerTests {
    enum Step: Sendable, CustomStringConvertible {
        case assign(Int64?)
        case read(Int64)
        /// Read again, and recognised.
        case skip(Int64)
        case finish(Int64)
        case giveBack(Int64, due: UInt64)
        case due(Int64?, at: UInt64)
        case commit(Int64?)
        case commitFailed

        var description: String {
            switch self {
            case .assign(let start): "assigned at \(start.map(String.init) ?? "?")"
            case .read(let offset): "read \(offset)"
            case .skip(let offset): "skip \(offset)"
            case .finish(let offset): "finish \(offset)"
            case .giveBack(let offset, let due): "give back \(offset) until \(due)"
            case .due(let offset, let time): "due \(offset.map(String.init) ?? "none") at \(time)"
            case .commit(let offset): "commit \(offset.map(String.init) ?? "nothing")"
            case .commitFailed: "commit failed"
            }
        }
    }

    static let tables: [(String, [Step])] = [
        ("nothing is known before the first record", [.assign(nil), .commit(nil)]),
        ("a looked-up start is committed at once", [.assign(7), .commit(7), .commit(nil)]),
        ("in order", [.assign(nil), .read(0), .read(1), .commit(0), .finish(0), .commit(1), .finish(1), .commit(2)]),
        (
            "an unfinished record holds the position",
            [.assign(0), .read(0), .read(1), .read(2), .finish(1), .finish(2), .commit(0), .finish(0), .commit(3)]
        ),
        (
            "gaps of a compacted log are passed",
            [.assign(nil), .read(3), .read(9), .finish(3), .commit(9), .finish(9), .commit(10)]
        ),
        (
            "what was given back holds the position until it is finished",
            [
                .assign(0), .read(0), .read(1), .finish(1), .giveBack(0, due: 50), .due(nil, at: 49), .commit(0),
                .due(0, at: 50), .finish(0), .commit(2),
            ]
        ),
        (
            "of several the lowest that is due goes first",
            [
                .assign(0), .read(0), .read(1), .read(2), .giveBack(2, due: 10), .giveBack(0, due: 30),
                .giveBack(1, due: 10), .due(1, at: 10), .due(2, at: 10), .due(nil, at: 10), .due(0, at: 30),
            ]
        ),
        ("a failed commit is made again", [.assign(0), .read(0), .finish(0), .commit(1), .commitFailed, .commit(1)]),
        (
            "what is out while the partition comes back is not handed out twice",
            [
                .assign(0), .read(0), .read(1), .assign(nil), .skip(0), .skip(1), .finish(0), .commit(1), .finish(1),
                .commit(2),
            ]
        ),
        (
            "what was finished meanwhile is recognised, and the position follows the reading",
            [
                .assign(0), .read(0), .read(1), .read(2), .finish(1), .assign(nil), .commit(nil), .finish(0),
                .commit(nil), .skip(1), .commit(2), .skip(2), .finish(2), .commit(3),
            ]
        ),
        (
            "what waited here goes out when it is read again, also between others",
            [
                .assign(0), .read(0), .read(1), .read(2), .giveBack(1, due: 5), .finish(2), .assign(nil), .skip(0),
                .finish(0), .commit(1), .read(1), .skip(2), .commit(nil), .finish(1), .commit(3),
            ]
        ),
        (
            "where the group went on meanwhile, what is below does not take it back",
            [.assign(0), .read(0), .read(1), .assign(nil), .read(5), .commit(5), .finish(5), .commit(6), .finish(0)]
        ),
        (
            "the same with a looked-up start",
            [.assign(0), .read(0), .assign(4), .commit(4), .read(4), .finish(4), .commit(5)]
        ),
    ]

    @Test(arguments: tables)
    func `the ledger follows the table`(_ name: String, _ steps: [Step]) {
        var ledger = KafkaLedger<Int64>()
        for step in steps {
            let at = "\(name): \(step)"
            switch step {
            case .assign(let start): ledger.assign(start: start)
            case .read(let offset):
                let goesOut = ledger.read(offset, offset)
                #expect(goesOut, "\(at)")
            case .skip(let offset):
                let goesOut = ledger.read(offset, offset)
                #expect(!goesOut, "\(at)")
            case .finish(let offset): ledger.finish(offset)
            case .giveBack(let offset, let due):
                ledger.giveBack(offset, attempts: 1, due: Instant(nanoseconds: due))
            case .due(let offset, let time):
                let again = ledger.takeDue(Instant(nanoseconds: time))
                #expect(again?.offset == offset, "\(at)")
            case .commit(let offset):
                let commit = ledger.takeCommit()
                #expect(commit == offset, "\(at)")
            case .commitFailed: ledger.commitFailed()
            }
        }
    }

    @Test func `a record is settled once`() {
        var ledger = KafkaLedger<Int>()
        ledger.assign(start: 0)
        _ = ledger.read(0, 0)
        let endings = [
            ledger.finish(0), ledger.finish(0), ledger.giveBack(0, attempts: 1, due: Instant(nanoseconds: 0)),
        ]
        #expect(endings == [true, false, false])
        #expect(ledger.isEmpty)
    }

    @Test func `what a subscription leaves is due at once for the next`() {
        var ledger = KafkaLedger<String>()
        ledger.assign(start: 0)
        for offset in Int64(0)..<4 { _ = ledger.read(offset, offset % 2 == 0 ? "one" : "two") }
        ledger.giveBackAll(due: Instant(nanoseconds: 0)) { $0 == "one" }
        #expect(ledger.outCount == 2)
        #expect(ledger.due { $0 == "two" } == nil)
        let again = ledger.takeDue(Instant(nanoseconds: 0)) { $0 = "three" }
        #expect(again?.held == "three")
        let next = ledger.takeDue(Instant(nanoseconds: 0))
        #expect(next?.offset == 2)
    }

    /// Endings in any order, assignments in between: a commit never passes a record that nobody finished, and it all ends at the end.
    @Test(arguments: 0..<200)
    func `no order of endings loses a record`(_ seed: Int) {
        var random = Steps(state: UInt64(seed) &* 0x9E37_79B9 &+ 1)
        var ledger = KafkaLedger<Int64>()
        ledger.assign(start: nil)
        let count: Int64 = 60
        var reading: Int64 = 0
        var committed: Int64 = 0
        var done: Set<Int64> = []
        var out: Set<Int64> = []
        var now: UInt64 = 0
        for _ in 0..<100_000 {
            now += 1
            switch random.next(12) {
            case 0...3 where reading < count:
                if ledger.read(reading, reading) { #expect(out.insert(reading).inserted, "two handlers at once") }
                reading += 1
            case 4...7:
                guard let offset = out.randomElement(using: &random) else { continue }
                out.remove(offset)
                done.insert(offset)
                ledger.finish(offset)
            case 8:
                guard let offset = out.randomElement(using: &random) else { continue }
                out.remove(offset)
                ledger.giveBack(offset, attempts: 1, due: Instant(nanoseconds: now + 5))
            case 9:
                if let again = ledger.takeDue(Instant(nanoseconds: now)) { out.insert(again.offset) }
            case 10:
                guard let offset = ledger.takeCommit() else { continue }
                #expect((0..<offset).allSatisfy(done.contains), "committed \(offset) past an unfinished record")
                #expect(offset >= committed || committed == 0)
                committed = max(committed, offset)
            case 11 where random.next(8) == 0:
                ledger.assign(start: nil)
                reading = committed
            default: break
            }
            if committed == count { break }
        }
        #expect(committed == count)
        #expect(done.count == Int(count))
    }

    struct Steps: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }

        mutating func next(_ bound: Int) -> Int { Int((next() >> 33) % UInt64(bound)) }
    }
}
