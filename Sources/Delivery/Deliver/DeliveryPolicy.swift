internal import Messaging

/// What holds for the calls of one subscription: its own rules before the inbound policy of its component. It never changes; a subscription
/// gets another one, which its next attempt reads.
final class DeliveryPolicy {
    /// The longest that an app may have itself waited for with `Retry-After`; longer ones are cut to it.
    static let longestRetryAfter: Duration = .seconds(3600)

    /// For one call, in nanoseconds; nil leaves the subscription's own bound.
    let callLimit: UInt64?
    let retry: RetryPolicy?
    let breaker: SharedBreaker?
    let outcomes: OutcomeTable?
    let honoursRetryAfter: Bool
    /// Counts what the component's inbound policies do; nil where nobody does, and where there are none.
    let observer: (any PolicyObserver)?
    /// Whether the bound of a call, and the retries, are the component's and not the subscription's own.
    let timeoutIsInbound: Bool
    let retryIsInbound: Bool

    /// Nil where nothing is set.
    init?(rules: DeliveryRules?, inbound: CallPolicy?) {
        callLimit = (rules?.deadline ?? inbound?.timeout)?.wholeNanoseconds
        retry = rules?.retry ?? inbound?.retry
        breaker = inbound?.breaker
        outcomes = rules?.outcomes
        honoursRetryAfter = rules?.honoursRetryAfter ?? false
        observer = inbound?.observer
        timeoutIsInbound = rules?.deadline == nil && inbound?.timeout != nil
        retryIsInbound = rules?.retry == nil && inbound?.retry != nil
        if callLimit == nil, retry == nil, breaker == nil, outcomes == nil, !honoursRetryAfter { return nil }
    }

    /// The wait before another attempt; nil where the policy gives up.
    /// - Parameter retryAfter: what the app asked for.
    func wait(_ flight: Flight, code: FailureCode, retryAfter: Duration?, now: Instant, random: Double) -> Duration? {
        guard let retry else { return nil }
        let failures = flight.failures - (flight.run?.base ?? flight.failures - 1)
        let elapsed = now.elapsed(since: flight.run?.start ?? now)
        guard let wait = retry.wait(afterFailures: failures, code: code, elapsed: elapsed, random: random) else {
            return nil
        }
        guard honoursRetryAfter, let retryAfter else { return wait }
        return max(wait, min(retryAfter, DeliveryPolicy.longestRetryAfter))
    }
}
