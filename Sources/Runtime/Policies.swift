internal import Delivery
internal import Events
internal import Messaging
internal import Observability
internal import Resources
internal import Rules

/// The Resiliency resources of this sidecar as its components use them; made once, and anew when the resources change.
///
/// A breaker belongs to a policy and a component, in both directions.
final class Policies {
    private static let kind = "Pubsub"
    /// How long an exponential policy goes on at most (spec 4.2).
    private static let longestRetry: Duration = .seconds(15 * 60)
    private static let exponentialJitter = 0.5

    private let set: ResiliencySet
    private let scheduler: any Scheduler
    private let report: (String) -> Void
    private let families: PolicyFamilies?
    /// daprd's metrics name the resource that was read last, whichever a policy is from.
    private let last: (name: String, namespace: String)
    private var breakers: [String: SharedBreaker] = [:]
    /// Who counts, a component and a direction each.
    private(set) var metrics: [PolicyMetrics] = []

    /// - Parameters:
    ///   - families: where policies are counted; nil counts nothing.
    ///   - report: told of every breaker that changes its state, in words.
    init(
        _ specs: [ResiliencySpec], scheduler: any Scheduler, families: PolicyFamilies? = nil,
        report: @escaping (String) -> Void
    ) {
        set = ResiliencySet(specs)
        self.scheduler = scheduler
        self.families = families
        self.report = report
        last = (specs.last?.name ?? "", specs.last?.namespace ?? "")
    }

    /// What holds for one direction of a component; nil where nothing does.
    func policy(of component: String, _ direction: ResiliencySet.Direction) -> CallPolicy? {
        guard !set.isEmpty else { return nil }
        let names = set.names(component: component, kind: Policies.kind, direction)
        var policy = CallPolicy()
        if let timeout = set.timeouts[names.timeout], timeout > .zero { policy.timeout = timeout }
        policy.retry = set.retries[names.retry].map(Policies.retry)
        policy.breaker = set.circuitBreakers[names.circuitBreaker].flatMap {
            breaker($0, name: "\(names.circuitBreaker)-\(component)")
        }
        guard !policy.isEmpty else { return nil }
        policy.observer = observer(of: component, direction)
        return policy
    }

    private func observer(of component: String, _ direction: ResiliencySet.Direction) -> PolicyMetrics? {
        guard let families else { return nil }
        let made = PolicyMetrics(
            families, direction: direction.rawValue.lowercased(), name: last.name, namespace: last.namespace,
            target: "\(Policies.kind)_\(component)")
        metrics.append(made)
        return made
    }

    private static func retry(_ spec: ResiliencySpec.Retry) -> RetryPolicy {
        let matching = CodeMatching(http: spec.httpStatusCodes, grpc: spec.grpcStatusCodes)
        let retries = spec.maxRetries < 0 ? nil : spec.maxRetries
        guard spec.isExponential else {
            return RetryPolicy(.constant(max(spec.duration, .zero)), retries: retries, matching: matching)
        }
        let schedule = RetrySchedule(cap: max(spec.maxInterval, .zero))
        return RetryPolicy(
            .growing(schedule, jitter: exponentialJitter), retries: retries, limit: longestRetry, matching: matching)
    }

    private func breaker(_ spec: ResiliencySpec.Breaker, name: String) -> SharedBreaker? {
        if let known = breakers[name] { return known }
        var trips = CircuitBreaker.standardTrip
        if !spec.trip.isEmpty {
            // It compiled when the resource was read.
            guard let rule = try? Rule(spec.trip, numbers: ResiliencySpec.tripVariables) else { return nil }
            trips = { counts in (try? rule.matches(Policies.event(counts))) ?? false }
        }
        let settings = CircuitBreaker.Settings(
            maxRequests: spec.maxRequests, interval: spec.interval, timeout: spec.timeout)
        let breaker = SharedBreaker(name: name, settings: settings, scheduler: scheduler, trips: trips) { [report] in
            report("Circuit breaker \"\($0)\" changed state from \($1.rawValue) to \($2.rawValue)")
        }
        breakers[name] = breaker
        return breaker
    }

    private static func event(_ counts: CircuitBreaker.Counts) -> RuleEvent {
        let numbers = [
            counts.requests, counts.totalSuccesses, counts.totalFailures, counts.consecutiveSuccesses,
            counts.consecutiveFailures,
        ]
        let members = zip(ResiliencySpec.tripVariables, numbers).map {
            JSONMember(name: $0, value: .number(String($1)))
        }
        return RuleEvent(.object(members))
    }
}

extension Sidecar {
    /// Puts the Resiliency resources to work. Called before anything is published or delivered, and again whenever they have changed: the next
    /// attempt of every event reads the new policies, and breakers begin closed.
    func applyPolicies() {
        for spec in resources.resiliencySpecs {
            log.info("Loading Resiliency configuration: \(spec.name)")
            observation.policies?.resiliencyLoaded(name: spec.name, namespace: spec.namespace)
        }
        let policies = Policies(resources.resiliencySpecs, scheduler: loop, families: observation.policies) {
            [log] line in log.info("\(line)")
        }
        self.policies = policies
        for component in components { applyPolicies(to: component) }
        for subscription in subscriptions { subscription.applyPolicy() }
    }

    /// Gives a component its policies, before anything is published or delivered through it; its breakers are those that there are.
    func applyPolicies(to component: Component) {
        let name = component.broker.name
        component.broker.apply(
            inbound: policies?.policy(of: name, .inbound), outbound: policies?.policy(of: name, .outbound))
    }
}
