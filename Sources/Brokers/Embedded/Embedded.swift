package import Messaging

extension PubSubKind {
    /// `pubsub.embedded`: a durable log on this machine's disk, when there is no broker.
    ///
    /// A publish is answered after its event was committed and synchronised to the disk. Consumer groups (`consumerID`) keep their place; what was not
    /// settled comes again, also after the process was killed. One process holds the file; several reach it through one gateway.
    package static let embedded = PubSubKind(
        "pubsub.embedded",
        summary:
            "A durable log in a file of this machine (SQLite), with consumer groups and redelivery; no broker is needed.",
        fields: [
            Field(
                "path", .text,
                "The file. By default `$XDG_STATE_HOME/martlet/<app-id>/<component>.db`, below `~/.local/state` where that is not set."
            ),
            Field("consumerID", .text, "The name of the consumer group; by default the app id."),
            Field(
                "retention", .duration(bareUnit: .seconds(1)), default: "24h",
                "How long events are kept that no group takes; a group that has no subscription for as long loses what is older."
            ),
            Field(
                "maxBytes", .quantity, default: "1Gi",
                "How large the events may grow on disk; at this bound a publish is refused until subscribers have settled some."
            ),
            Field(
                "memoryBytes", .quantity, default: "4Mi",
                "How many bytes of the newest events are kept in memory, so that subscribers that keep up cause no reads."
            ),
        ],
        capabilities: [.durable, .ordered, .lag],
        browse: { (settings, context, request) throws(ComponentError) in
            EmbeddedBrowser(path: EmbeddedPubSub.path(settings, context), context, request)
        }
    ) { (settings, context, host) throws(ComponentError) in try EmbeddedPubSub(settings, context, host) }
}
