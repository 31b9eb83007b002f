internal import Delivery
internal import Messaging
internal import Observability

/// What happens to deliveries, in the log, one line each, and at the end a sum per subscription.
///
/// Confined to a shard. Success is not logged; everything else is, and the log's own bound keeps it from flooding.
final class DeliveryLog {
    private let log: Log

    init(_ log: Log) { self.log = log.scoped("dapr.runtime.pubsub") }

    /// Says what a subscription has done, where it is not all success: drops are answers that an app gave, and often mistakes.
    func summarise(_ subscription: Subscription) {
        let counts = subscription.counts
        let drops = counts.dropped.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue) \($0.value)" }
        let text =
            "subscription \(DeliveryLog.name(subscription)): \(counts.delivered) delivered, \(counts.failedAttempts) failed attempts, "
            + "\(counts.deadLettered) dead-lettered, \(counts.lost) lost, dropped: \(drops.isEmpty ? "none" : drops.joined(separator: ", "))"
        log.info(text)
    }

    private static func name(_ subscription: Subscription) -> String {
        "to topic \(subscription.plan.topic) on pubsub \(subscription.broker.name)"
    }

    private func fields(_ subscription: Subscription, _ eventID: String) -> LogFields {
        [
            .component: .text(subscription.broker.name), .topic: .text(subscription.plan.topic),
            .eventID: .text(eventID),
        ]
    }
}

extension DeliveryLog: DeliveryObserver {
    func delivered(_ subscription: Subscription, arrived: Instant) {}

    func attemptFailed(
        _ subscription: Subscription, eventID: String, reason: String, failures: Int, retryIn: Duration?
    ) {
        let next = retryIn.map { "tried again in \($0)" } ?? "given to the dead letter topic or back to the broker"
        log.error(
            "delivering an event \(DeliveryLog.name(subscription)): \(reason); attempt \(failures), \(next)",
            fields(subscription, eventID))
    }

    func dropped(_ subscription: Subscription, eventID: String, reason: DropReason) {
        let fate = subscription.plan.hasDeadLetter ? "it goes to the dead letter topic" : "it is dropped"
        switch reason {
        case .appDropped:
            log.warning(
                "the app answered DROP to an event \(DeliveryLog.name(subscription)); \(fate)",
                fields(subscription, eventID))
        case .notFound:
            log.error(
                "the app answered 404 to an event \(DeliveryLog.name(subscription)); \(fate): check the route",
                fields(subscription, eventID))
        case .noRoute:
            log.warning(
                "no rule matches an event \(DeliveryLog.name(subscription)) and there is no default; \(fate)",
                fields(subscription, eventID))
        case .configured:
            log.warning(
                "the app did not take an event \(DeliveryLog.name(subscription)), and delivery.outcome ends its delivery",
                fields(subscription, eventID))
        case .expired:
            log.warning(
                "an event \(DeliveryLog.name(subscription)) has expired; \(fate)", fields(subscription, eventID))
        }
    }

    func deadLettered(_ subscription: Subscription, eventID: String, topic: String) {
        log.debug("an event \(DeliveryLog.name(subscription)) is in \(topic)", fields(subscription, eventID))
    }

    func deadLetterFailed(_ subscription: Subscription, eventID: String, topic: String, error: ComponentError) {
        log.error(
            "writing an event \(DeliveryLog.name(subscription)) to the dead letter topic \(topic): \(error)",
            fields(subscription, eventID))
    }

    func lost(_ subscription: Subscription, eventID: String, reason: String) {
        log.error(
            "an event \(DeliveryLog.name(subscription)) is lost: \(reason); this broker keeps nothing, use a durable one to have it tried again",
            fields(subscription, eventID))
    }
}
