internal import Bytes

/// The time to live that a publisher gives an event by the metadata `ttl` or `ttlInSeconds` (spec 1.1).
package enum EventTTL {
    /// Nanoseconds that a value means: a Go duration (negative ones are 0), else whole seconds above 0; `nil` for values that are ignored.
    package static func nanoseconds(_ value: String) -> Int64? {
        if let duration = GoDuration.nanoseconds(value) { return max(0, duration) }
        guard let seconds = Int64(value), seconds > 0 else { return nil }
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : nanoseconds
    }

    /// The moment of expiry, saturating; both in nanoseconds.
    package static func expiration(after ttl: Int64, now: Int64) -> Int64 {
        let (sum, overflow) = now.addingReportingOverflow(ttl)
        return overflow ? .max : sum
    }
}
