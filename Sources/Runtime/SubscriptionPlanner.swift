internal import Bytes
internal import Delivery
internal import Messaging
internal import Resources
internal import Rules

/// From what a subscription says to what it does: rules are compiled, flags are read.
enum SubscriptionPlanner {
    /// Why a subscription cannot be planned.
    struct Failure: Error, CustomStringConvertible {
        var subscription: String
        var reason: String

        var description: String { "\(subscription): \(reason)" }
    }

    /// Compiles every rule of a subscription; the first one that does not compile ends it.
    /// - Parameters:
    ///   - bounds: what the sidecar's flags and the component's fields allow.
    ///   - capabilities: those of the component.
    static func plan(
        _ spec: SubscriptionSpec, bounds: SubscriptionBounds, capabilities: Set<Capability> = []
    ) throws(Failure) -> SubscriptionPlan {
        var routes: [RouteTable.Route] = []
        for rule in spec.effectiveRules {
            let isBlank = rule.match.utf8.allSatisfy { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }
            routes.append(RouteTable.Route(rule: isBlank ? nil : try compile(rule.match, of: spec), path: rule.path))
        }
        var plan = SubscriptionPlan(
            topic: spec.topic, routes: RouteTable(routes), deadLetterTopic: spec.deadLetterTopic,
            isRaw: spec.metadata["rawPayload"].flatMap(GoBool.strict) ?? false, metadata: spec.metadata, bounds: bounds,
            bulk: bulk(spec.bulk, capabilities))
        if let delivery = spec.delivery {
            // A block that cannot be kept as it is written stops its subscription: what is left of it may lose events.
            if let fault = delivery.faults.first {
                throw Failure(subscription: name(spec), reason: "\(fault.field): \(fault.reason)")
            }
            plan.rules = rules(delivery)
            if let concurrency = delivery.concurrency { plan.bounds.concurrency = concurrency }
        }
        return plan
    }

    private static func rules(_ delivery: DeliverySpec) -> DeliveryRules {
        var rules = DeliveryRules(
            deadline: delivery.deadline, honoursRetryAfter: delivery.honoursRetryAfter, callsPerSecond: delivery.rate)
        if delivery.retries {
            let given = delivery.schedule ?? DeliverySpec.Schedule()
            let schedule = RetrySchedule(first: given.initial, growthPercent: given.factorPercent, cap: given.cap)
            rules.retry = RetryPolicy(
                .growing(schedule, jitter: given.jitter), retries: delivery.attempts.map { $0 - 1 },
                countsEarlierAttempts: true)
        }
        let table = OutcomeTable(
            statuses: delivery.statuses.compactMapValues(outcome), classes: delivery.classes.compactMapValues(outcome),
            noAnswer: delivery.noAnswer.flatMap(outcome))
        if table != OutcomeTable() { rules.outcomes = table }
        if let order = delivery.order.flatMap({ DeliveryRules.Order(rawValue: $0.rawValue) }) { rules.order = order }
        return rules
    }

    /// The rooms do not see each other, so the words are the same in both.
    private static func outcome(_ outcome: DeliverySpec.Outcome) -> OutcomeTable.Outcome? {
        OutcomeTable.Outcome(rawValue: outcome.rawValue)
    }

    private static func name(_ spec: SubscriptionSpec) -> String {
        "subscription to topic \(spec.topic) on pubsub \(spec.pubsubName)"
    }

    /// Bulk delivery with daprd's defaults where a number is not given: 100 events or 1 s; 80 or 10 s where the broker itself has batches.
    private static func bulk(_ spec: SubscriptionSpec.Bulk, _ capabilities: Set<Capability>) -> BulkSettings? {
        guard spec.isEnabled else { return nil }
        let isNative = capabilities.contains(.bulkPubSub)
        let wait: Duration =
            if capabilities.contains(.bulkSubscribeImmediate) {
                .zero
            } else if spec.maxAwaitDurationMs > 0 {
                .milliseconds(spec.maxAwaitDurationMs)
            } else {
                isNative ? .seconds(10) : .seconds(1)
            }
        return BulkSettings(
            maximumCount: spec.maxMessagesCount > 0 ? spec.maxMessagesCount : isNative ? 80 : 100, wait: wait)
    }

    private static func compile(_ source: String, of spec: SubscriptionSpec) throws(Failure) -> Rule {
        do {
            return try Rule(source)
        } catch {
            throw Failure(
                subscription: name(spec),
                reason: "rule `\(source)` does not compile: \(error)")
        }
    }
}
