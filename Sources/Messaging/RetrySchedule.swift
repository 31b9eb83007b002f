/// When something that failed is tried again: after 0.5 s, each time 1.5 times as long, at most 60 s apart, without end.
///
/// The delivery engine and the brokers that keep released events share it, so that an event waits as long whoever holds it.
public struct RetrySchedule: Sendable, Equatable {
    /// The wait after the first failure.
    public var first: Duration
    /// What each further wait is multiplied by, in hundredths.
    public var growthPercent: Int
    /// The longest wait.
    public var cap: Duration

    /// The schedule of events that no policy speaks of.
    public static let standard = RetrySchedule()

    /// Makes a schedule.
    public init(first: Duration = .milliseconds(500), growthPercent: Int = 150, cap: Duration = .seconds(60)) {
        self.first = first
        self.growthPercent = growthPercent
        self.cap = cap
    }

    /// The wait after so many failures; the first failure is 1, and none waits as after one.
    public func wait(afterFailures failures: Int) -> Duration {
        // Waits that do not grow never reach the cap: nothing to count.
        guard growthPercent > 100 else { return min(first, cap) }
        var wait = first
        var counted = 1
        while counted < failures, wait < cap {
            wait = wait * growthPercent / 100
            counted += 1
        }
        return min(wait, cap)
    }

    /// The same in whole milliseconds.
    public func milliseconds(afterFailures failures: Int) -> Int64 {
        Int64(wait(afterFailures: failures).wholeNanoseconds / 1_000_000)
    }
}
