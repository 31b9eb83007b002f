/// What the policies of one direction of one component do, for metrics. `Observability` implements it; called on the shard.
package protocol PolicyObserver: AnyObject {
    /// The policies are about to hold for a publish, or hold from now on for the deliveries of a subscription.
    func applied(_ policy: CallPolicy)
    /// The time of an attempt was over before its answer came.
    func timedOut()
    /// A failed attempt will be followed by another one.
    func retried()
    /// A call of this direction changed where the breaker stands.
    func breakerChanged(to state: CircuitBreaker.State)
}
