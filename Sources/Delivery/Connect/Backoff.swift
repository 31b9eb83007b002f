/// Waits between attempts to connect: full jitter between 0.1 s and a ceiling that doubles from 0.5 s to 30 s,
/// and starts low again once a connection has held for a minute.
package struct Backoff: Sendable, Equatable {
    private static let floor: Duration = .milliseconds(100)
    private static let firstCeiling: Duration = .milliseconds(500)
    private static let cap: Duration = .seconds(30)
    private static let healthy: Duration = .seconds(60)

    private var ceiling = Backoff.firstCeiling

    package init() {}

    /// The wait before the next attempt.
    /// - Parameter random: a number from 0 up to but not including 1.
    package mutating func next(random: Double) -> Duration {
        let wait = Backoff.floor + (ceiling - Backoff.floor) * min(max(random, 0), 1)
        ceiling = min(ceiling * 2, Backoff.cap)
        return wait
    }

    /// A connection has ended after it held so long.
    package mutating func connectionHeld(for duration: Duration) {
        if duration >= Backoff.healthy { ceiling = Backoff.firstCeiling }
    }
}
