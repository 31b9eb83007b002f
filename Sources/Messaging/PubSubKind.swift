/// Where and for whom a component is made.
public struct ComponentContext: Sendable {
    /// The component's name.
    public var name: String
    /// Its type as the resource spells it.
    public var type: String
    /// The app id of the sidecar.
    public var appID: String
    /// A name for this instance that stays the same over restarts: host name and HTTP port, unless set.
    public var instanceID: String

    /// Makes a context.
    public init(name: String, type: String, appID: String, instanceID: String) {
        self.name = name
        self.type = type
        self.appID = appID
        self.instanceID = instanceID
    }

    /// `pubsub.redis "orders"`, as errors name it.
    public var title: String { "\(type) \"\(name)\"" }
}

/// What a pub/sub kind can do beyond the seam. The first four are shown by the metadata API as daprd shows them.
public enum Capability: String, Sendable, CaseIterable {
    /// Native bulk publish and subscribe.
    case bulkPubSub = "BULK_PUBSUB"
    /// The broker itself expires events.
    case messageTTL = "MESSAGE_TTL"
    /// Topics of subscriptions may be patterns.
    case subscribeWildcards = "SUBSCRIBE_WILDCARDS"
    /// Bulk subscriptions do not wait for a full batch.
    case bulkSubscribeImmediate = "BULK_SUBSCRIBE_IMMEDIATE"
    /// What was published outlives the process, and what was not acknowledged comes again. Ours; not shown.
    case durable
    /// Several processes may share one group. Ours; not shown.
    case sharedGroups
    /// Events of a group come in the order of publishing as long as nothing fails. Ours; not shown.
    case ordered
    /// One event at a time per subscription, as `pubsub.in-memory` of daprd does. Ours; not shown.
    case serial
    /// People can look at a topic without taking part in a group: `PubSubKind.browse`. Ours; not shown.
    case browse
    /// A group begins at the broker with its first subscription, and gets what is published from then on; where groups are not shared, a second
    /// process with the group's name takes it over. Ours; not shown.
    case session
    /// Only the body travels: metadata and key stay behind. Ours; not shown.
    case bodyOnly
    /// Its sources tell how far their group is behind: `TopicSource.lag()`. Ours; not shown.
    case lag

    /// Whether `/v1.0/metadata` names it.
    public var isShown: Bool {
        switch self {
        case .bulkPubSub, .messageTTL, .subscribeWildcards, .bulkSubscribeImmediate: true
        case .durable, .sharedGroups, .ordered, .serial, .browse, .session, .bodyOnly, .lag: false
        }
    }
}

/// A pub/sub component kind, as a value: one declaration that decoding, lint, reference, metadata API and contract suite read.
public struct PubSubKind: Sendable {
    /// The type as resources spell it, such as `pubsub.redis`.
    public var type: String
    /// Other types that mean the same.
    public var aliases: [String]
    /// One sentence for the reference page.
    public var summary: String
    /// The declared fields.
    public var fields: [Field]
    /// What it can do.
    public var capabilities: Set<Capability>
    /// Makes the adapter on the shard that will be its home. Settings that contradict each other throw `settings`; nothing is connected yet.
    public var make: @Sendable (Settings, ComponentContext, any PubSubHost) throws(ComponentError) -> any PubSub
    /// Makes a look at a topic on the shard that will be its home; `nil` where the kind has no such power. Nothing is connected yet.
    public var browse: (@Sendable (Settings, ComponentContext, BrowseRequest) throws(ComponentError) -> any Browser)?

    /// Declares a kind.
    public init(
        _ type: String, aliases: [String] = [], summary: String, fields: [Field], capabilities: Set<Capability>,
        browse: (@Sendable (Settings, ComponentContext, BrowseRequest) throws(ComponentError) -> any Browser)? = nil,
        make: @escaping @Sendable (Settings, ComponentContext, any PubSubHost) throws(ComponentError) -> any PubSub
    ) {
        self.type = type
        self.aliases = aliases
        self.summary = summary
        self.fields = fields
        self.capabilities = browse == nil ? capabilities : capabilities.union([.browse])
        self.browse = browse
        self.make = make
    }
}
