import Delivery
import Messaging
import Testing

@Suite struct CircuitBreakerTests {
    /// What happens to a breaker, in order.
    enum Fact: Sendable {
        /// A call begins, and whether it may.
        case begins(Bool)
        /// The oldest call that has not ended ends.
        case succeeds
        case fails
        case givesUp
        case passes(Duration)
        /// Where it stands then.
        case stands(CircuitBreaker.State)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var settings = CircuitBreaker.Settings()
        var trips: @Sendable (CircuitBreaker.Counts) -> Bool = CircuitBreaker.standardTrip
        var facts: [Fact]
    }

    static let failure: [Fact] = [.begins(true), .fails]
    static let success: [Fact] = [.begins(true), .succeeds]
    static let twice: @Sendable (CircuitBreaker.Counts) -> Bool = { $0.consecutiveFailures > 1 }
    static func times(_ count: Int, _ facts: [Fact]) -> [Fact] { (0..<count).flatMap { _ in facts } }

    static let rows: [Row] = [
        Row(
            testDescription: "the standard condition opens with the sixth failure in a row",
            facts: times(5, failure) + [.stands(.closed)] + failure + [.stands(.open), .begins(false)]),
        Row(
            testDescription: "a success in between starts the row anew",
            facts: times(5, failure) + success + times(5, failure) + [.stands(.closed)]),
        Row(
            testDescription: "it stays open for its time, a minute by default, and lets one call through then",
            trips: twice,
            facts: times(2, failure) + [
                .passes(.seconds(59)), .begins(false), .passes(.seconds(1)), .begins(false), .passes(.milliseconds(1)),
                .begins(true), .stands(.halfOpen), .begins(false),
            ]),
        Row(
            testDescription: "a success while half-open closes it",
            settings: .init(timeout: .seconds(1)), trips: twice,
            facts: times(2, failure) + [.passes(.milliseconds(1001))] + success + [.stands(.closed)]
                + failure + [.stands(.closed)]),
        Row(
            testDescription: "a failure while half-open opens it again for the whole time",
            settings: .init(timeout: .seconds(1)), trips: twice,
            facts: times(2, failure) + [.passes(.milliseconds(1001))] + failure
                + [.stands(.open), .passes(.milliseconds(999)), .begins(false)]),
        Row(
            testDescription: "with several trial calls it closes when as many have succeeded",
            settings: .init(maxRequests: 2, timeout: .seconds(1)), trips: twice,
            facts: times(2, failure) + [
                .passes(.milliseconds(1001)), .begins(true), .begins(true), .begins(false), .succeeds,
                .stands(.halfOpen), .succeeds, .stands(.closed),
            ]),
        Row(
            testDescription: "a trial call that was given up makes room for another one",
            settings: .init(timeout: .seconds(1)), trips: twice,
            facts: times(2, failure) + [
                .passes(.milliseconds(1001)), .begins(true), .begins(false), .givesUp, .begins(true), .succeeds,
                .stands(.closed),
            ]),
        Row(
            testDescription: "a call that began before it opened does not count after it",
            settings: .init(timeout: .seconds(1)), trips: twice,
            facts: [.begins(true), .begins(true), .begins(true), .fails, .fails, .stands(.open), .fails]
                + [.passes(.milliseconds(1001)), .begins(true), .stands(.halfOpen)]),
        Row(
            testDescription: "counts start anew with each interval while closed",
            settings: .init(interval: .seconds(10)), trips: twice,
            facts: failure + [.passes(.seconds(11))] + failure + [.stands(.closed)] + failure + [.stands(.open)]),
        Row(
            testDescription: "without an interval counts stay",
            trips: twice, facts: failure + [.passes(.seconds(100_000))] + failure + [.stands(.open)]),
        Row(
            testDescription: "a condition sees totals too",
            trips: { $0.requests >= 4 && $0.totalFailures * 2 >= $0.requests },
            facts: failure + success + success + [.stands(.closed)] + failure + [.stands(.open)]),
    ]

    @Test(arguments: rows)
    func `a breaker lets through what the table says`(row: Row) {
        var now = Instant(nanoseconds: 1_000_000_000)
        var breaker = CircuitBreaker(row.settings, now: now, trips: row.trips)
        var tickets: [UInt64] = []
        for (step, fact) in row.facts.enumerated() {
            switch fact {
            case .begins(let expected):
                var isAdmitted = false
                if case .admitted(let ticket) = breaker.admit(now: now) {
                    isAdmitted = true
                    tickets.append(ticket)
                }
                #expect(isAdmitted == expected, "step \(step)")
            case .succeeds: breaker.ended(ticket: tickets.removeFirst(), isSuccess: true, now: now)
            case .fails: breaker.ended(ticket: tickets.removeFirst(), isSuccess: false, now: now)
            case .givesUp: breaker.withdrawn(ticket: tickets.removeFirst(), now: now)
            case .passes(let duration): now = now + duration
            case .stands(let state): #expect(breaker.state == state, "step \(step)")
            }
        }
    }

    @Test func `numbers below the least take the defaults`() {
        let settings = CircuitBreaker.Settings(maxRequests: 0, interval: .seconds(-1), timeout: .zero)
        #expect(settings == CircuitBreaker.Settings(maxRequests: 1, interval: .zero, timeout: .seconds(60)))
    }
}
