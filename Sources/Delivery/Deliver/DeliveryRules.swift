/// What a subscription says itself about its delivery: its `delivery` block, decoded. It goes before the component's inbound policy.
package struct DeliveryRules: Sendable, Equatable {
    /// Which events wait for each other.
    package enum Order: String, Sendable, CaseIterable {
        /// Those of one key.
        case key
        /// None.
        case none
        /// All: one after the other.
        case topic
    }

    /// Nil leaves it to the component's policy.
    package var retry: RetryPolicy?
    /// For one call; nil leaves it to the component's policy.
    package var deadline: Duration?
    package var outcomes: OutcomeTable?
    /// Whether an app that says when to come again is not called before.
    package var honoursRetryAfter: Bool
    /// Calls to the app in a second, further attempts included; nil has no bound.
    package var callsPerSecond: Double?
    package var order: Order

    package init(
        retry: RetryPolicy? = nil, deadline: Duration? = nil, outcomes: OutcomeTable? = nil,
        honoursRetryAfter: Bool = false, callsPerSecond: Double? = nil, order: Order = .key
    ) {
        self.retry = retry
        self.deadline = deadline
        self.outcomes = outcomes
        self.honoursRetryAfter = honoursRetryAfter
        self.callsPerSecond = callsPerSecond
        self.order = order
    }
}
