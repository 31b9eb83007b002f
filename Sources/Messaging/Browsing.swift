/// Where a look at a topic begins.
public enum BrowseStart: Sendable {
    /// With the oldest event that the broker still has.
    case oldest
    /// With what comes from now on.
    case now
}

/// What somebody wants to look at.
public struct BrowseRequest: Sendable {
    /// The topic, after namespace prefixing.
    public var topic: String
    /// Where the look begins.
    public var start: BrowseStart

    /// Makes a request.
    public init(topic: String, start: BrowseStart) {
        self.topic = topic
        self.start = start
    }
}

/// An event as a look at its topic shows it.
public struct BrowsedMessage: Sendable {
    /// Where it stands, as the broker writes it.
    public var position: String
    /// When the broker took it, in nanoseconds since 1970; `nil` where it does not tell.
    public var time: Int64?
    /// The event.
    public var message: Message

    /// Makes one.
    public init(position: String, time: Int64?, message: Message) {
        self.position = position
        self.time = time
        self.message = message
    }
}

/// A look at one topic that takes part in no consumer group: nothing is acknowledged, moved or held up by it. An optional power of a kind,
/// announced by `Capability.browse` and made by `PubSubKind.browse`.
///
/// It is for people (`martlet tail`), one at a time, and confined to one shard. It connects when it is first asked, and again after an error.
public protocol Browser: AnyObject {
    /// The next events in the order of publishing.
    /// - Parameters:
    ///   - limit: the most events.
    ///   - wait: how long to wait for one; then there is none.
    /// - Throws: `unavailable` and `timeout` where asking again may help.
    func next(limit: Int, wait: Duration) async throws(ComponentError) -> [BrowsedMessage]
    /// Idempotent. A `next` that waits ends, with an error or without events.
    func close()
}
