package import Delivery

/// Counts what the policies of one direction of one component do. Confined to a shard.
///
/// daprd has one name for all Resiliency resources together: that of the one it read last.
package final class PolicyMetrics {
    private enum Policy: String {
        case timeout
        case retry
        case breaker = "circuitbreaker"
    }

    /// As `status` names them: those of a breaker, and one that no breaker of ours is ever in.
    private static let statuses = ["closed", "half-open", "open", "unknown"]

    private let families: PolicyFamilies
    private let direction: String
    private let name: String
    private let namespace: String
    private let target: String
    /// The breaker that was applied last; nil before, and where there is none.
    private weak var breaker: SharedBreaker?
    /// What a publish counts, once it was looked up: timeout, retry, and a breaker by its state.
    private var timeouts: Counter?
    private var retries: Counter?
    private var breakers: [(state: CircuitBreaker.State, counter: Counter)] = []

    /// - Parameters:
    ///   - direction: `inbound` or `outbound`.
    ///   - target: such as `Pubsub_orders`.
    package init(
        _ families: PolicyFamilies, direction: String, name: String, namespace: String, target: String
    ) {
        self.families = families
        self.direction = direction
        self.name = name
        self.namespace = namespace
        self.target = target
    }

    /// The four series of the breaker; none before it was applied.
    var states: [(values: [String], number: Double)] {
        guard let breaker else { return [] }
        return PolicyMetrics.statuses.map { (values(.breaker, $0), $0 == breaker.state.rawValue ? 1 : 0) }
    }

    private func values(_ policy: Policy, _ status: String = "") -> [String] {
        [families.appID, direction, name, namespace, policy.rawValue, status, target]
    }

    private func counter(_ state: CircuitBreaker.State) -> Counter {
        if let found = breakers.first(where: { $0.state == state }) { return found.counter }
        let made = families.applied.series(values(.breaker, state.rawValue))
        breakers.append((state, made))
        return made
    }

    private func count(_ counter: inout Counter?, _ policy: Policy) {
        let found = counter ?? families.applied.series(values(policy))
        counter = found
        found.add()
    }
}

extension PolicyMetrics: PolicyObserver {
    package func applied(_ policy: CallPolicy) {
        if policy.timeout != nil { count(&timeouts, .timeout) }
        if policy.retry != nil { count(&retries, .retry) }
        guard let breaker = policy.breaker else { return }
        self.breaker = breaker
        counter(breaker.state).add()
    }

    package func timedOut() { families.activations.series(values(.timeout)).add() }

    package func retried() { families.activations.series(values(.retry)).add() }

    package func breakerChanged(to state: CircuitBreaker.State) {
        families.activations.series(values(.breaker, state.rawValue)).add()
    }
}
