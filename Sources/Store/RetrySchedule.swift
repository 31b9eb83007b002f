/// When an event that was released comes again: 0.5 s after its first failed attempt, each further one half as long again, never more than 60 s.
package enum RetrySchedule {
    /// The wait after the first failed attempt.
    package static let firstDelay: Int64 = 500
    /// No wait is longer.
    package static let longestDelay: Int64 = 60_000

    /// The wait in milliseconds after so many failed attempts. None, as when a component was drained before the app was tried, waits as after one.
    package static func delay(after attempts: Int) -> Int64 {
        var delay = firstDelay
        var failed = 1
        while failed < attempts, delay < longestDelay {
            delay += delay / 2
            failed += 1
        }
        return min(delay, longestDelay)
    }
}
