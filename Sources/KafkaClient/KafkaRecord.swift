/// One record of a partition, copied out of the library.
package struct KafkaRecord: Sendable {
    /// Where it stands in its partition.
    package var offset: Int64
    /// Milliseconds since 1970 as producer or broker stamped it; `nil` where it has none.
    package var timestamp: Int64?
    /// The key; `nil` where it has none.
    package var key: [UInt8]?
    /// The value; `nil` for a tombstone.
    package var value: [UInt8]?
    /// Headers in order; bytes that are no UTF-8 are replaced.
    package var headers: [(name: String, value: String)]

    package init(
        offset: Int64, timestamp: Int64? = nil, key: [UInt8]? = nil, value: [UInt8]?,
        headers: [(name: String, value: String)] = []
    ) {
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
        self.headers = headers
    }
}

/// A partition of a topic by name and number.
package struct KafkaPartitionID: Sendable, Hashable {
    package var topic: String
    package var number: Int32

    package init(topic: String, number: Int32) {
        self.topic = topic
        self.number = number
    }
}
