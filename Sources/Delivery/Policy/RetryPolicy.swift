package import Messaging

/// When a failed attempt is followed by another one, and when it is given up. Pure: neither clock nor random numbers of its own.
package struct RetryPolicy: Sendable, Equatable {
    /// The waits between attempts.
    package enum Spacing: Sendable, Equatable {
        /// Always the same wait.
        case constant(Duration)
        /// Waits that grow; each is moved by at most `jitter` (0 to 1) of itself, up or down.
        case growing(RetrySchedule, jitter: Double)
    }

    package var spacing: Spacing
    /// Retries after the first attempt; nil has no bound, zero is a single attempt.
    package var retries: Int?
    /// No retry begins later than this after the first attempt; nil has no bound.
    package var limit: Duration?
    /// Other failures are given up at once.
    package var matching: CodeMatching
    /// Whether attempts count that the broker knows of, from before a restart or a redelivery.
    package var countsEarlierAttempts: Bool

    package init(
        _ spacing: Spacing, retries: Int? = nil, limit: Duration? = nil, matching: CodeMatching = CodeMatching(),
        countsEarlierAttempts: Bool = false
    ) {
        self.spacing = spacing
        self.retries = retries
        self.limit = limit
        self.matching = matching
        self.countsEarlierAttempts = countsEarlierAttempts
    }

    /// The wait before the next attempt; nil where there is none.
    /// - Parameters:
    ///   - failures: attempts that failed so far; the first failure is 1.
    ///   - elapsed: since the first attempt began.
    ///   - random: from 0 up to but not including 1.
    package func wait(afterFailures failures: Int, code: FailureCode, elapsed: Duration, random: Double) -> Duration? {
        guard matching.matches(code) else { return nil }
        if let retries, failures > retries { return nil }
        let wait = wait(afterFailures: failures, random: random)
        if let limit, elapsed + wait > limit { return nil }
        return wait
    }

    private func wait(afterFailures failures: Int, random: Double) -> Duration {
        switch spacing {
        case .constant(let wait): return wait
        case .growing(let schedule, let jitter):
            let wait = schedule.wait(afterFailures: failures)
            guard jitter > 0 else { return wait }
            return wait * (1 + jitter * (2 * random - 1))
        }
    }
}
