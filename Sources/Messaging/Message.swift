/// An event as a broker carries it: bytes and the little that travels beside them.
public struct Message: Sendable {
    /// The topic that the broker names for this message; with a wildcard subscription the real one.
    public var topic: String
    /// The event's bytes exactly as they were published: a CloudEvents envelope, or raw.
    public var body: [UInt8]
    /// Pairs that travel beside the body; the app sees them as headers.
    public var metadata: Metadata
    /// The content type that the broker itself carries, where it carries one.
    public var contentType: String?
    /// The ordering key; empty where the event has none.
    public var key: [UInt8]
    /// How many deliveries of this event to this group the broker knows to have failed before.
    public var earlierAttempts: Int

    /// Makes a message.
    @inlinable
    public init(
        topic: String, body: [UInt8], metadata: Metadata = Metadata(), contentType: String? = nil,
        key: [UInt8] = [], earlierAttempts: Int = 0
    ) {
        self.topic = topic
        self.body = body
        self.metadata = metadata
        self.contentType = contentType
        self.key = key
        self.earlierAttempts = earlierAttempts
    }

    /// What the message counts against a bound on bytes.
    @inlinable public var size: Int { body.count + key.count + 64 }
}
