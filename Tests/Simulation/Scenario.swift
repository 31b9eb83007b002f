import Delivery
import Messaging

/// What one seed draws: a configuration, a load and the faults.
package struct Scenario {
    /// One subscription as a user would configure it.
    struct Subscription {
        /// Where its failed events go.
        enum DeadLetter: String {
            case none
            case topic
            /// Another topic to which the app may not publish as long as there are faults.
            case unwritable
            /// The topic itself, which counts as none.
            case itself
        }

        var topic: Int
        var deadLetter = DeadLetter.none
        var bounds = SubscriptionBounds()
        var bulk: BulkSettings?
        var rules: DeliveryRules?
        /// How events of another type than most are routed.
        enum Routing: String {
            /// As all others: there is no rule.
            case plain
            /// Not at all.
            case nowhere
            /// To a path of their own.
            case apart
        }

        var routing = Routing.plain

        var order: DeliveryRules.Order { rules?.order ?? .key }
        /// The number of its dead letter topic, which is the one after all others.
        var hasDeadLetter: Bool { deadLetter == .topic || deadLetter == .unwritable }
    }

    /// Policies of one direction of the component, as numbers: breakers are made by whoever applies them.
    struct Policy: Equatable {
        var timeout: Duration?
        var retry: RetryPolicy?
        /// Failures in a row that open the breaker, and milliseconds that it stays open.
        var breaker: (failures: Int, milliseconds: Int)?

        static func == (left: Policy, right: Policy) -> Bool {
            left.timeout == right.timeout && left.retry == right.retry
                && left.breaker?.failures == right.breaker?.failures
        }
    }

    let seed: UInt64
    var isDurable = true
    /// Whether other processes may share the group: then an unwell app ends its subscriptions instead of suspending them.
    var isShared = false
    var subscriptions: [Subscription] = []
    var inbound: Policy?
    var outbound: Policy?
    /// `--app-max-concurrency`.
    var appLimit: Int?
    /// Events that are published in all.
    var events = 0
    var keys = 0
    /// For so long there are faults, in milliseconds.
    var duration = 0
    /// Disturbances of the whole, such as a crash; and the one that comes more often than the others, by its number.
    var disturbances = 0
    var favourite: Int?
    var faults = Faults()
    var app = AppProfile()

    /// Topics that are published to; the dead letter topic comes after them.
    var topics: Int { subscriptions.count(where: { $0.topic < deadLetterTopic }) }
    /// The number of the dead letter topic.
    var deadLetterTopic: Int { 2 }

    /// What a topic is called.
    static func name(ofTopic number: Int) -> String { ["orders", "stock", "dead"][number] }
}

extension Scenario {
    /// What was drawn, for reports.
    var summary: String {
        var text = isDurable ? isShared ? "durable, shared" : "durable" : "in memory"
        text += "; \(events) events, \(keys) keys, \(duration / 1000) s, \(disturbances) disturbances"
        if let appLimit { text += "; app limit \(appLimit)" }
        if let inbound { text += "; inbound \(inbound)" }
        if let outbound { text += "; outbound \(outbound)" }
        for one in subscriptions { text += "\n  \(one)" }
        return text + "\n  \(faults)\n  \(app)"
    }
}

/// How often what goes wrong at the broker, in thousandths.
struct Faults {
    var connectRefused = 0
    var connectSlow = 0
    var publishRefused = 0
    var publishUnknown = 0
    var publishSlow = 0
    /// Not answered before the connection ends.
    var publishSilent = 0
    var deliveryLost = 0
    var deliveryRepeated = 0
    var deliveryDelayed = 0
    var deliverySwapped = 0
    var settlementRefused = 0
    var subscribeRefused = 0
    /// Subscriptions to which messages come before they know their source.
    var subscribeEager = 0
    /// Turns in which messages were handed over and the connection breaks behind them.
    var lostBehindDelivery = 0
    /// Events that the app cannot take as long as there are faults.
    var poison = 0
    /// Events that are no JSON.
    var malformed = 0
    /// Events that expire soon.
    var expiring = 0
    /// Events of another type, which rules tell apart.
    var otherType = 0
}

/// How often the app answers what, as weights.
struct AppProfile {
    var success = 100
    var retry = 0
    var drop = 0
    var notFound = 0
    var serverError = 0
    var throttled = 0
    var clientError = 0
    var oddStatus = 0
    var garbage = 0
    var unknownWord = 0
    var reset = 0
    var hang = 0
    /// In thousandths: calls that take seconds.
    var slow = 0
    /// In thousandths: answers to bulk deliveries that leave out or garble entries.
    var brokenBulk = 0

    static let well = AppProfile()
}
