/// One record on its way to the library.
package struct KafkaOutgoing: Sendable {
    /// Where it goes.
    package var topic: String
    /// The partition that the publisher names; `nil` lets key or turn decide.
    package var partition: Int32?
    /// The record's key; empty is none.
    package var key: [UInt8]
    /// The value; `nil` is a tombstone.
    package var value: [UInt8]?
    /// Headers in order.
    package var headers: [(name: String, value: String)]
    /// Comes back with the report.
    package var token: UInt32

    package init(
        topic: String, partition: Int32? = nil, key: [UInt8] = [], value: [UInt8]?,
        headers: [(name: String, value: String)] = [], token: UInt32
    ) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
        self.token = token
    }

    var size: Int { (value?.count ?? 0) + key.count + 128 }
}

/// How one record ended.
package enum KafkaReport: Sendable {
    /// Every replica that the acknowledgement asks for has it.
    case stored
    /// It has not been stored, or may have been.
    case failed(KafkaFailure, mayBeStored: Bool)
}

/// Who is told of reports and of the end of the connection. Confined to the shard.
package protocol KafkaProducerOwner: AnyObject {
    /// Called exactly once for each record, never from inside `send` or `flush`.
    func reported(_ token: UInt32, _ report: KafkaReport)
    /// No broker is connected, or the producer is beyond repair (`fatal`): reports of what is under way still come.
    func producerFailed(_ failure: KafkaFailure)
    /// The token is missing or ends soon: `set(token:)` is waited for.
    func tokenWanted()
}
