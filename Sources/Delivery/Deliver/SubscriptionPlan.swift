package import Messaging

/// What one subscription is to do, from its resource or from the app's answer.
package struct SubscriptionPlan: Sendable {
    /// The topic as the user wrote it, before any prefix.
    package var topic: String
    package var routes: RouteTable
    /// Empty where there is none.
    package var deadLetterTopic: String
    /// Whether messages are raw bytes that get an envelope here.
    package var isRaw: Bool
    /// Goes to the broker.
    package var metadata: Metadata
    package var bounds: SubscriptionBounds
    /// How events go to the app together; nil where each goes alone.
    package var bulk: BulkSettings?
    /// Its own `delivery` block; nil where it has none.
    package var rules: DeliveryRules?

    /// Whether failed events have a place to go. A dead letter topic that is the topic itself is none: the event would come back at once, for ever.
    package var hasDeadLetter: Bool { !deadLetterTopic.isEmpty && deadLetterTopic != topic }

    package init(
        topic: String, routes: RouteTable, deadLetterTopic: String = "", isRaw: Bool = false,
        metadata: Metadata = Metadata(), bounds: SubscriptionBounds = SubscriptionBounds(), bulk: BulkSettings? = nil,
        rules: DeliveryRules? = nil
    ) {
        self.topic = topic
        self.routes = routes
        self.deadLetterTopic = deadLetterTopic
        self.isRaw = isRaw
        self.metadata = metadata
        self.bounds = bounds
        self.bulk = bulk
        self.rules = rules
    }
}

/// What a subscription wants of bulk delivery.
package struct BulkSettings: Sendable, Equatable {
    /// Events in one delivery at most.
    package var maximumCount: Int
    /// How long the first of them waits for others.
    package var wait: Duration

    package init(maximumCount: Int, wait: Duration) {
        self.maximumCount = maximumCount
        self.wait = wait
    }
}

/// The bounds of one subscription. At each of them the source is read no further; nothing is refused or dropped.
package struct SubscriptionBounds: Sendable, Equatable {
    /// Events between broker and settlement, those that wait for another attempt included.
    package var events: Int
    /// Bytes of those events.
    package var bytes: Int
    /// Events at the app at once.
    package var concurrency: Int
    /// How long one call to the app may take; nil has no bound, as daprd.
    package var callLimit: Duration?

    package init(
        events: Int = 2048, bytes: Int = 16 << 20, concurrency: Int = 64, callLimit: Duration? = .seconds(60)
    ) {
        self.events = events
        self.bytes = bytes
        self.concurrency = concurrency
        self.callLimit = callLimit
    }
}
