/// When a failed delivery is tried again: after 0.5 s, each time 1.5 times as long, at most 60 s apart, without end.
package struct RetrySchedule: Sendable, Equatable {
    /// The wait after the first failure.
    package var first: Duration
    /// What each further wait is multiplied by, in hundredths.
    package var growthPercent: Int
    /// The longest wait.
    package var cap: Duration

    package init(first: Duration = .milliseconds(500), growthPercent: Int = 150, cap: Duration = .seconds(60)) {
        self.first = first
        self.growthPercent = growthPercent
        self.cap = cap
    }

    /// The wait after so many failures; the first failure is 1.
    package func wait(afterFailures failures: Int) -> Duration {
        var wait = first
        for _ in 1..<max(failures, 1) {
            wait = wait * growthPercent / 100
            if wait >= cap { return cap }
        }
        return min(wait, cap)
    }
}
