import Delivery
import Messaging

/// Attempts and their waits, as docs/delivery.md has them.
extension Ledger {
    /// A call failed.
    func failed(_ id: Int, _ code: Int?, retryAfter: Int?) {
        let source = handovers[id].source
        change(id) { $0.failures += 1 }
        guard !sources[source].isEnding else { return change(id) { $0.expectation = .any } }
        guard !handovers[id].isLoose else { return }
        let rules = rules(source).rules
        let asked = rules?.honoursRetryAfter == true ? retryAfter.map { min($0, 3_600_000) } ?? 0 : 0
        guard let retry = rules?.retry ?? inbound?.retry else { return givenUp(id, asked: asked) }
        let one = handovers[id]
        let failures = one.failures - one.base
        let matches = code.map { status in retry.matching.http?.contains { $0.contains(status) } ?? true } ?? true
        guard matches, retry.retries.map({ failures <= $0 }) ?? true else { return givenUp(id, asked: asked) }
        let (wait, jitter) = Ledger.wait(retry, failures)
        let least = UInt64(max(Double(wait) * (1 - jitter) - 1, 0))
        if let limit = retry.limit {
            let elapsed = now() - (one.runStart ?? now())
            let left = limit.wholeNanoseconds
            // Whether the wait still fits is the jitter's matter, and what an event waited for its turn with the app counts too; then the
            // rules cannot tell.
            if scenario.appLimit != nil || elapsed + UInt64(Double(wait) * (1 + jitter)) + 1 > left {
                return change(id) {
                    $0.isLoose = true
                    $0.expectation = .any
                }
            }
        }
        let earliest = now() + max(least, UInt64(asked) * 1_000_000)
        change(id) {
            $0.earliest = earliest
            $0.expectation = .call
        }
    }

    /// No policy asks for another attempt now.
    private func givenUp(_ id: Int, asked: Int) {
        let one = handovers[id]
        let rules = rules(one.source)
        var expectation = Handover.Expectation.release
        var earliest: UInt64 = 0
        if rules.hasDeadLetter {
            expectation = .deadLetter
        } else if scenario.isDurable {
            expectation = .call
            earliest = now() + max(Ledger.wait(RetrySchedule(), one.failures), UInt64(asked) * 1_000_000)
        }
        change(id) {
            $0.base = one.failures
            $0.runStart = nil
            $0.expectation = expectation
            $0.earliest = earliest
        }
    }

    private static func wait(_ retry: RetryPolicy, _ failures: Int) -> (nanoseconds: UInt64, jitter: Double) {
        switch retry.spacing {
        case .constant(let wait): (wait.wholeNanoseconds, 0)
        case .growing(let schedule, let jitter): (wait(schedule, failures), jitter)
        }
    }

    /// Each wait is `growthPercent` of the one before, up to the cap.
    private static func wait(_ schedule: RetrySchedule, _ failures: Int) -> UInt64 {
        let cap = schedule.cap.wholeNanoseconds
        var wait = schedule.first.wholeNanoseconds
        for _ in 1..<max(failures, 1) where wait < cap { wait = wait * UInt64(schedule.growthPercent) / 100 }
        return min(wait, cap)
    }
}
