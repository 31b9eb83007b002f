package import Messaging

/// Settings that components have beside those of their kind, because the runtime itself reads them.
package enum CommonFields {
    /// Of every pub/sub component: identity and topic scopes (spec 1.4, 1.7).
    package static let pubSub = [
        Field("consumerID", .text, "The name of the consumer group; by default the app id."),
        Field(
            "publishingScopes", .text,
            "Which app may publish to which topics: `app1=topic1,topic2;app2=`. An app that is not named is not restricted."
        ),
        Field(
            "subscriptionScopes", .text,
            "Which app may subscribe to which topics: `app1=topic1,topic2;app2=`. An app that is not named is not restricted."
        ),
        Field("allowedTopics", .text, "The topics that may be used at all, with commas between them; all by default."),
        Field(
            "protectedTopics", .text,
            "Topics that only those apps may use which the scopes name, with commas between them."),
    ]
}
