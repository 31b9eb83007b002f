package import Messaging

extension PubSubKind {
    /// `pubsub.in-memory`: events within one process, as daprd has them (spec 3.9), losses included.
    ///
    /// One event at a time for each subscription; a publish is answered when every subscription has begun with its event. What fails is gone, and so is
    /// what nobody subscribes to. A trailing `*` matches topics with that beginning and at least one further character.
    package static let inMemory = PubSubKind(
        "pubsub.in-memory",
        summary:
            "Events within this process, without a broker and without promises: nothing is stored, nothing comes again.",
        fields: [], capabilities: [.subscribeWildcards, .ordered, .serial, .lag]
    ) { (_, context, _) throws(ComponentError) in InMemoryPubSub(context) }
}
