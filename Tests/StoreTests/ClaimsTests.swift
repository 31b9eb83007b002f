import Testing

@testable import Store

struct ClaimsTests {
    /// One fact of the table below.
    enum Fact: Sendable {
        case hand(UInt64)
        case scan(UInt64)
        case ack(UInt64)
        case fail(UInt64, Int)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var facts: [Fact]
        var cursor: UInt64
        var handed: UInt64
        var unsettled: Int
        var ahead: Int
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(name: "nothing happened", facts: [], cursor: 10, handed: 10, unsettled: 0, ahead: 0),
        Row(
            name: "in flight counts as unsettled", facts: [.hand(11), .hand(12)], cursor: 10, handed: 12, unsettled: 2,
            ahead: 0),
        Row(
            name: "settled in order", facts: [.hand(11), .hand(12), .ack(11)], cursor: 11, handed: 12, unsettled: 1,
            ahead: 0),
        Row(
            name: "all settled", facts: [.hand(11), .hand(15), .ack(15), .ack(11)], cursor: 15, handed: 15,
            unsettled: 0, ahead: 0),
        Row(
            name: "settled beyond the cursor", facts: [.hand(11), .hand(15), .ack(15)], cursor: 10, handed: 15,
            unsettled: 1, ahead: 2),
        Row(
            name: "settled twice", facts: [.hand(11), .ack(11), .ack(11)], cursor: 11, handed: 11, unsettled: 0,
            ahead: 0),
        Row(name: "unknown id", facts: [.hand(11), .ack(12)], cursor: 10, handed: 11, unsettled: 1, ahead: 0),
        Row(name: "ids of other topics", facts: [.scan(400)], cursor: 400, handed: 400, unsettled: 0, ahead: 0),
        Row(
            name: "a gap before the event", facts: [.scan(400), .hand(500)], cursor: 499, handed: 500, unsettled: 1,
            ahead: 0),
        Row(
            name: "released stays unsettled", facts: [.hand(11), .fail(11, 1)], cursor: 10, handed: 11, unsettled: 1,
            ahead: 2),
        Row(
            name: "settled while waiting", facts: [.hand(11), .fail(11, 1), .ack(11)], cursor: 11, handed: 11,
            unsettled: 0, ahead: 0),
    ]

    @Test(arguments: rows)
    func `facts lead to this state`(_ row: Row) {
        var claims = Claims(cursor: 10)
        Self.apply(row.facts, to: &claims)
        #expect(claims.cursor == row.cursor)
        #expect(claims.handed == row.handed)
        #expect(claims.unsettled == row.unsettled)
        #expect(claims.saved.ahead.count == row.ahead)
    }

    static func apply(_ facts: [Fact], to claims: inout Claims) {
        for fact in facts {
            switch fact {
            case .hand(let id): claims.handOver(id, to: 0)
            case .scan(let id): claims.scanned(through: id)
            case .ack(let id): claims.acknowledge(id)
            case .fail(let id, let attempts): _ = claims.release(id, attempts: attempts, now: 0)
            }
        }
    }

    @Test func `a released event is due after its delay, with its attempts`() {
        var claims = Claims(cursor: 0)
        claims.handOver(1, to: 0)
        let first = claims.release(1, attempts: 1, now: 1_000)
        #expect(first?.attempts == 1)
        #expect(first?.due == 1_500)
        #expect(claims.takeDue(1_499) == nil)
        let taken = claims.takeDue(1_500)
        #expect(taken?.id == 1)
        #expect(taken?.attempts == 1)
        let second = claims.release(1, attempts: 2, now: 2_000)
        #expect(second?.due == 2_750)
        #expect(claims.release(1, attempts: 3, now: 2_000) == nil, "it is not in flight")
    }

    @Test func `attempts never go down`() {
        var claims = Claims(cursor: 0)
        claims.handOver(1, to: 0)
        _ = claims.release(1, attempts: 7, now: 0)
        _ = claims.takeDue(.max)
        let again = claims.release(1, attempts: 1, now: 0)
        #expect(again?.attempts == 7)
        #expect(again?.due == 500, "given back without an attempt")
    }

    @Test func `what a member that is gone held comes again at once`() {
        var claims = Claims(cursor: 0)
        for id in 1...4 as ClosedRange<UInt64> { claims.handOver(id, to: Int32(id % 2)) }
        claims.acknowledge(1)
        claims.abandon(member: 1, now: 50)
        #expect(claims.takeDue(50)?.id == 3)
        #expect(claims.takeDue(50) == nil)
        #expect(claims.unsettled == 3)
    }

    @Test func `what was saved comes back: unsettled ones are due, the settled ones never`() throws {
        var claims = Claims(cursor: 100)
        for id in stride(from: 110 as UInt64, through: 200, by: 10) { claims.handOver(id, to: 0) }
        for id in [110, 130, 150, 170] as [UInt64] { claims.acknowledge(id) }
        let release = claims.release(190, attempts: 3, now: 0)
        let failed = try #require(release)
        var restored = try #require(
            Claims(claims.saved, failed: [LogFailure(id: 190, attempts: failed.attempts, due: failed.due)], now: 10))
        #expect(restored.cursor == 119)
        // 200 was in flight behind all that is settled: it is found again as a new event.
        #expect(restored.handed == 199)
        var again: [UInt64] = []
        while let due = restored.takeDue(10) { again.append(due.id) }
        #expect(again == [120, 140, 160, 180])
        #expect(restored.takeDue(failed.due)?.attempts == 3)
        for id in [120, 140, 160, 180, 190] as [UInt64] { restored.acknowledge(id) }
        #expect(restored.saved == Claims.Saved(cursor: 199))
    }

    @Test(
        arguments: [[0x80], [5, 6], [5, 0], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]] as [[UInt8]])
    func `a damaged state is noticed`(_ ahead: [UInt8]) {
        #expect(Claims(Claims.Saved(cursor: 1, ahead: ahead), failed: [], now: 0) == nil)
    }

    @Test func `one event that is never settled keeps the state small`() {
        var claims = Claims(cursor: 0)
        claims.handOver(1, to: 0)
        for id in 2...100_000 as ClosedRange<UInt64> {
            claims.handOver(id, to: 0)
            claims.acknowledge(id)
        }
        #expect(claims.cursor == 0)
        #expect(claims.unsettled == 1)
        #expect(claims.saved.ahead.count == 4)
    }

    @Test func `random histories keep the promise: settled or due after a restart, never both, never neither`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var claims = Claims(cursor: 0)
            var settled: Set<UInt64> = []
            var known: [UInt64] = []
            var id: UInt64 = 0
            for _ in 0..<300 {
                switch UInt8.random(in: 0..<4, using: &random) {
                case 0:
                    id += UInt64.random(in: 1...5, using: &random)
                    claims.handOver(id, to: 0)
                    known.append(id)
                case 1, 2:
                    guard let one = known.randomElement(using: &random) else { continue }
                    if claims.acknowledge(one) != nil { settled.insert(one) }
                default:
                    guard let one = known.randomElement(using: &random) else { continue }
                    _ = claims.release(one, attempts: 1, now: 0)
                    if Bool.random(using: &random) { _ = claims.takeDue(.max) }
                }
            }
            var restored = try #require(Claims(claims.saved, failed: [], now: 0))
            var due: Set<UInt64> = []
            while let next = restored.takeDue(.max) { due.insert(next.id) }
            let found = Set(known.filter { $0 > restored.handed })
            #expect(due.isDisjoint(with: settled))
            #expect(found.isDisjoint(with: settled))
            #expect(due.union(found).union(settled) == Set(known))
        }
    }
}
