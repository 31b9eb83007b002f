package import Messaging

/// How many calls may begin in a time: a token bucket that holds what one second gives, at least one. Pure.
///
/// It is kept as the moment at which the bucket is full again, so that nothing has to be filled.
package struct RateLimit: Sendable {
    private let interval: UInt64
    private let depth: UInt64
    private var fullAt: UInt64 = 0

    /// - Parameter perSecond: above zero; less than one is one call in more than a second.
    package init(perSecond: Double) {
        let nanoseconds = 1_000_000_000 / max(perSecond, RateLimit.slowest)
        interval = max(UInt64(nanoseconds), 1)
        depth = max(1_000_000_000, interval)
    }

    /// One call in eleven days; slower is not told apart.
    package static let slowest = 1e-6

    /// How long the next call has to wait; zero where it may begin now.
    package func wait(at now: Instant) -> Duration {
        let next = max(fullAt, now.nanoseconds) + interval
        let bound = now.nanoseconds + depth
        return next <= bound ? .zero : .nanoseconds(Int64(clamping: next - bound))
    }

    /// A call begins.
    package mutating func take(at now: Instant) { fullAt = max(fullAt, now.nanoseconds) + interval }
}
