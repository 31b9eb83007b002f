import Messaging
import Testing

@testable import Delivery

@Suite struct PolicyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var policy: RetryPolicy
        var failures = 1
        var code = FailureCode.none
        var elapsed = Duration.zero
        var random = 0.5
        var expected: Duration?
    }

    static let growing = RetryPolicy.Spacing.growing(RetrySchedule(), jitter: 0.5)
    static let some = CodeMatching(http: [503...503, 420...430], grpc: [])

    static let rows: [Row] = [
        Row(
            testDescription: "a constant policy always waits as long",
            policy: RetryPolicy(.constant(.seconds(5))), failures: 1000, expected: .seconds(5)),
        Row(
            testDescription: "retries count after the first attempt",
            policy: RetryPolicy(.constant(.seconds(5)), retries: 2), failures: 2, expected: .seconds(5)),
        Row(
            testDescription: "and end",
            policy: RetryPolicy(.constant(.seconds(5)), retries: 2), failures: 3, expected: nil),
        Row(
            testDescription: "none is a single attempt",
            policy: RetryPolicy(.constant(.seconds(5)), retries: 0), expected: nil),
        Row(testDescription: "waits grow", policy: RetryPolicy(growing), failures: 3, expected: .milliseconds(1125)),
        Row(
            testDescription: "jitter makes them half as long at least",
            policy: RetryPolicy(growing), random: 0, expected: .milliseconds(250)),
        Row(
            testDescription: "a wait that would begin after the limit is the end",
            policy: RetryPolicy(growing, limit: .seconds(900)), failures: 20, elapsed: .seconds(850), expected: nil),
        Row(
            testDescription: "one before it is not",
            policy: RetryPolicy(growing, limit: .seconds(900)), failures: 20, elapsed: .seconds(840),
            expected: .seconds(60)),
        Row(
            testDescription: "a code that is not listed is the end",
            policy: RetryPolicy(.constant(.seconds(5)), matching: some), code: .http(500), expected: nil),
        Row(
            testDescription: "a code in a range is not",
            policy: RetryPolicy(.constant(.seconds(5)), matching: some), code: .http(429), expected: .seconds(5)),
        Row(
            testDescription: "a failure without a code is always tried again",
            policy: RetryPolicy(.constant(.seconds(5)), matching: some), expected: .seconds(5)),
        Row(
            testDescription: "an empty list matches no code",
            policy: RetryPolicy(.constant(.seconds(5)), matching: some), code: .grpc(14), expected: nil),
    ]

    @Test(arguments: rows)
    func `a retry policy gives the wait of the table`(row: Row) {
        let wait = row.policy.wait(
            afterFailures: row.failures, code: row.code, elapsed: row.elapsed, random: row.random)
        #expect(wait == row.expected)
    }

    @Test func `waits that do not grow cost nothing to compute after a million failures`() {
        let schedule = RetrySchedule(first: .seconds(2), growthPercent: 100, cap: .seconds(60))
        #expect(schedule.wait(afterFailures: 1_000_000_000_000) == .seconds(2))
    }

    @Test(arguments: [(10.0, 10, 100), (1, 1, 1000), (0.5, 1, 2000), (1000, 1000, 1)])
    func `a rate lets a second's worth through at once and then one each interval`(
        rate: Double, burst: Int, milliseconds: Int
    ) {
        var limit = RateLimit(perSecond: rate)
        var now = Instant(nanoseconds: 5_000_000_000)
        for _ in 0..<burst {
            #expect(limit.wait(at: now) == .zero)
            limit.take(at: now)
        }
        #expect(limit.wait(at: now) == .milliseconds(milliseconds))
        now = now + .milliseconds(milliseconds)
        #expect(limit.wait(at: now) == .zero)
        limit.take(at: now)
        #expect(limit.wait(at: now) == .milliseconds(milliseconds))
    }

    struct Ruled: Sendable, CustomTestStringConvertible {
        var answer: AppAnswer
        var table: OutcomeTable?
        var expected: PolicyRuling
        var testDescription: String { "\(answer), \(table == nil ? "no table" : "table"): \(expected)" }
    }

    static let table = OutcomeTable(
        statuses: [404: .retry, 202: .retry, 410: .drop, 500: .success], classes: [4: .deadLetter, 2: .success],
        noAnswer: .drop)
    static func answered(_ status: Int, _ body: String = "") -> AppAnswer {
        .answered(status: status, body: Array(body.utf8))
    }

    static let rulings: [Ruled] = [
        Ruled(answer: answered(204), expected: .success),
        Ruled(answer: answered(404), expected: .dropped(.notFound)),
        Ruled(answer: answered(200, #"{"status":"DROP"}"#), expected: .dropped(.appDropped)),
        Ruled(
            answer: answered(200, #"{"status":"RETRY"}"#),
            expected: .failed(reason: "the app asked for another attempt (RETRY)", .none)),
        Ruled(answer: answered(503), expected: .failed(reason: "the app answered 503", .http(503))),
        Ruled(answer: .failed(reason: "reset"), expected: .failed(reason: "reset", .none)),
        Ruled(
            answer: answered(404), table: table, expected: .failed(reason: "the app answered 404", .http(404))),
        Ruled(answer: answered(202), table: table, expected: .failed(reason: "the app answered 202", .http(202))),
        Ruled(answer: answered(200, #"{"status":"DROP"}"#), table: table, expected: .success),
        Ruled(answer: answered(410), table: table, expected: .leaves(.drop(.configured))),
        Ruled(answer: answered(400), table: table, expected: .leaves(.deadLetter)),
        Ruled(answer: answered(500), table: table, expected: .success),
        Ruled(answer: answered(503), table: table, expected: .failed(reason: "the app answered 503", .http(503))),
        Ruled(answer: .failed(reason: "reset"), table: table, expected: .leaves(.drop(.configured))),
    ]

    @Test(arguments: rulings)
    func `an answer means what the subscription says, else what holds for everybody`(row: Ruled) {
        #expect(PolicyRuling(row.answer, outcomes: row.table) == row.expected)
    }
}
