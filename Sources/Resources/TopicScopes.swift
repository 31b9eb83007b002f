internal import Bytes

/// Which topics of one pub/sub component this app may use (spec 1.4).
///
/// Topics are compared exactly, before a namespace is put in front of them and also where they are patterns.
package struct TopicScopes: Sendable, Equatable {
    /// `nil` where every topic is allowed.
    private let allowed: Set<String>?
    private let protected: Set<String>
    /// The app's own lists; `nil` where it is not mentioned, and then it is not restricted.
    private let publishing: Set<String>?
    private let subscribing: Set<String>?

    /// No restriction.
    package static let none = TopicScopes(appID: "")

    package init(
        appID: String, publishingScopes: String = "", subscriptionScopes: String = "", allowedTopics: String = "",
        protectedTopics: String = ""
    ) {
        let allowed = Self.list(allowedTopics)
        self.allowed = allowed.isEmpty ? nil : allowed
        protected = Self.list(protectedTopics)
        publishing = Self.topics(of: appID, in: publishingScopes)
        subscribing = Self.topics(of: appID, in: subscriptionScopes)
    }

    /// Reads the scopes of a component.
    package init(_ component: ResolvedComponent, appID: String) {
        self.init(
            appID: appID, publishingScopes: component.value("publishingScopes") ?? "",
            subscriptionScopes: component.value("subscriptionScopes") ?? "",
            allowedTopics: component.value("allowedTopics") ?? "",
            protectedTopics: component.value("protectedTopics") ?? "")
    }

    package func mayPublish(to topic: String) -> Bool { allows(topic, publishing) }

    package func maySubscribe(to topic: String) -> Bool { allows(topic, subscribing) }

    private func allows(_ topic: String, _ own: Set<String>?) -> Bool {
        if let allowed, !allowed.contains(topic) { return false }
        guard let own else { return !protected.contains(topic) }
        return own.contains(topic)
    }

    private static func list(_ text: String) -> Set<String> {
        let packed = text.filter { $0 != " " }
        return packed.isEmpty
            ? [] : Set(packed.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
    }

    /// The topics of `app1=t1,t2;app2=`: an app with nothing behind the sign has the empty topic alone, which is none;
    /// an app that comes twice has both lists; an item without the sign does not count.
    private static func topics(of appID: String, in text: String) -> Set<String>? {
        var topics: Set<String>?
        for item in text.filter({ $0 != " " }).split(separator: ";") {
            let parts = item.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count >= 2, parts[0] == appID else { continue }
            topics = (topics ?? []).union(
                parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init))
        }
        return topics
    }
}
