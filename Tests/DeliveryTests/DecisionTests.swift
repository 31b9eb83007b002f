import Delivery
import Messaging
import Testing

@Suite struct DecisionTests {
    struct Row: Sendable, CustomStringConvertible {
        var ending: DeliveryDecision.Ending
        var failures = 1
        var deadLetter = false
        var sourceTakes = false
        var durable = true
        var ending2 = false
        var expected: DeliveryDecision
        var description: String { "\(ending), \(failures) failures, dead letter \(deadLetter), durable \(durable)" }
    }

    static let rows: [Row] = [
        Row(ending: .success, failures: 0, expected: .acknowledge),
        Row(ending: .success, failures: 3, deadLetter: true, durable: false, ending2: true, expected: .acknowledge),
        Row(ending: .failed, failures: 1, expected: .retry(after: .milliseconds(500))),
        Row(ending: .failed, failures: 2, expected: .retry(after: .milliseconds(750))),
        Row(ending: .failed, failures: 100, expected: .retry(after: .seconds(60))),
        Row(ending: .failed, deadLetter: true, expected: .deadLetter),
        Row(ending: .failed, deadLetter: true, durable: false, expected: .deadLetter),
        Row(ending: .failed, sourceTakes: true, expected: .reject),
        Row(ending: .failed, deadLetter: true, sourceTakes: true, expected: .deadLetter),
        Row(ending: .failed, sourceTakes: true, ending2: true, expected: .release),
        Row(ending: .dropped(.appDropped), sourceTakes: true, expected: .drop(.appDropped)),
        Row(ending: .failed, durable: false, expected: .release),
        Row(ending: .failed, ending2: true, expected: .release),
        Row(ending: .failed, deadLetter: true, ending2: true, expected: .release),
        Row(ending: .dropped(.appDropped), expected: .drop(.appDropped)),
        Row(ending: .dropped(.notFound), durable: false, expected: .drop(.notFound)),
        Row(ending: .dropped(.noRoute), deadLetter: true, expected: .deadLetter),
        Row(ending: .dropped(.expired), deadLetter: true, ending2: true, expected: .deadLetter),
        Row(ending: .deadLetterFailed, failures: 3, deadLetter: true, expected: .retry(after: .milliseconds(1125))),
        Row(ending: .deadLetterFailed, deadLetter: true, durable: false, expected: .release),
        Row(ending: .deadLetterFailed, deadLetter: true, ending2: true, expected: .release),
    ]

    @Test(arguments: rows)
    func `an ended attempt leads to the decision of the table`(row: Row) {
        let decision = DeliveryDecision.after(
            row.ending, failures: row.failures, hasDeadLetter: row.deadLetter, sourceTakesFailed: row.sourceTakes,
            isDurable: row.durable, isEnding: row.ending2, schedule: RetrySchedule())
        #expect(decision == row.expected)
    }

    @Test func `waits grow by half from half a second and stop growing at a minute`() {
        let schedule = RetrySchedule()
        let waits = (1...14).map { schedule.wait(afterFailures: $0) }
        #expect(waits[0] == .milliseconds(500))
        #expect(waits[1] == .milliseconds(750))
        #expect(waits[2] == .milliseconds(1125))
        #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(waits[13] == .seconds(60))
        #expect(schedule.wait(afterFailures: 0) == .milliseconds(500))
        #expect(schedule.wait(afterFailures: .max) == .seconds(60))
        let whole = [0, 1, 2, 3, 4, 20].map(schedule.milliseconds(afterFailures:))
        #expect(whole == [500, 500, 750, 1_125, 1_687, 60_000])
    }

    @Test
    func `back-off stays between a tenth of a second and its ceiling, and starts low again after a healthy minute`() {
        var backoff = Backoff()
        #expect(backoff.next(random: 0) == .milliseconds(100))
        var last: Duration = .zero
        for _ in 0..<12 { last = backoff.next(random: 1) }
        #expect(last == .seconds(30))
        backoff.connectionHeld(for: .seconds(59))
        #expect(backoff.next(random: 1) == .seconds(30))
        backoff.connectionHeld(for: .seconds(60))
        #expect(backoff.next(random: 1) == .milliseconds(500))
    }
}
