package import Messaging

/// An event on its way to the disk.
package struct LogEvent: Sendable {
    /// The number under which the shard knows the topic.
    package var topic: Int
    /// The ordering key; empty where there is none.
    package var key: [UInt8]
    /// Pairs beside the body.
    package var metadata: Metadata
    /// What was published.
    package var body: [UInt8]

    /// Joins the parts.
    package init(topic: Int, key: [UInt8] = [], metadata: Metadata = Metadata(), body: [UInt8]) {
        self.topic = topic
        self.key = key
        self.metadata = metadata
        self.body = body
    }

    /// What it counts against bounds on bytes.
    var size: Int { body.count + key.count + 64 }
}

/// An event that is on the disk.
package struct StoredEvent: Sendable {
    /// Its id in the file, in the order of publishing over all topics.
    package var id: UInt64
    /// The event as groups get it.
    package var message: Message
}
