package import Messaging

/// One subscription, whichever way it was declared.
package struct SubscriptionSpec: Sendable, Equatable {
    /// Where it comes from.
    package enum Origin: String, Sendable {
        case declarative = "DECLARATIVE"
        case programmatic = "PROGRAMMATIC"
        case streaming = "STREAMING"
    }

    /// A routing rule: the text of its CEL expression, which is compiled elsewhere, and the path. A blank match always matches.
    package struct Rule: Sendable, Equatable {
        package var match: String
        package var path: String

        package init(match: String, path: String) {
            self.match = match
            self.path = path
        }
    }

    /// What is asked of bulk delivery; zero leaves a number to the component.
    package struct Bulk: Sendable, Equatable {
        package var isEnabled: Bool
        package var maxMessagesCount: Int
        package var maxAwaitDurationMs: Int

        package init(isEnabled: Bool = false, maxMessagesCount: Int = 0, maxAwaitDurationMs: Int = 0) {
            self.isEnabled = isEnabled
            self.maxMessagesCount = maxMessagesCount
            self.maxAwaitDurationMs = maxAwaitDurationMs
        }
    }

    /// The resource's name; empty for other origins.
    package var name = ""
    package var pubsubName: String
    package var topic: String
    package var rules: [Rule] = []
    /// The path when no rule matches; `nil` where there is none, and then an event that no rule matches is dropped.
    package var defaultPath: String?
    /// Empty where there is none.
    package var deadLetterTopic = ""
    package var metadata = Metadata()
    package var bulk = Bulk()
    /// How its events are delivered; ours. Nil where it says nothing of it.
    package var delivery: DeliverySpec?
    package var scopes: [String] = []
    package var origin = Origin.declarative
    package var file = ""
    package var line = 0

    package init(pubsubName: String, topic: String) {
        self.pubsubName = pubsubName
        self.topic = topic
    }
}

extension SubscriptionSpec {
    /// Whether failed events have a place to go; the topic itself is none.
    var hasDeadLetter: Bool { !deadLetterTopic.isEmpty && deadLetterTopic != topic }

    /// The rules in the order in which they are tried, the default as a last one that always matches.
    package var effectiveRules: [Rule] { rules + (defaultPath.map { [Rule(match: "", path: $0)] } ?? []) }

    /// The subscriptions that run: a programmatic one replaces a declarative one for the same component and topic, and of several
    /// declarative ones the first counts (spec 1.5).
    package static func merge(
        declarative: [SubscriptionSpec], programmatic: [SubscriptionSpec]
    ) -> [SubscriptionSpec] {
        struct Place: Hashable {
            var pubsubName: String
            var topic: String
        }
        var taken = Set(programmatic.map { Place(pubsubName: $0.pubsubName, topic: $0.topic) })
        let kept = declarative.filter { taken.insert(Place(pubsubName: $0.pubsubName, topic: $0.topic)).inserted }
        return kept + programmatic
    }
}
