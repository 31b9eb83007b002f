/// A value of a table: what tables of this runtime hold; other kinds of a broker's tables come as their text, or not at all.
package enum AMQPValue: Sendable, Equatable {
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case text(String)
    case table(AMQPTable)
    /// A kind that nothing here looks into.
    case other

    /// The value as text, the way a person would write it; `nil` where it has no short form.
    package var text: String? {
        switch self {
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): "\(value)"
        case .double(let value): "\(value)"
        case .text(let value): value
        case .table, .other: nil
        }
    }
}

/// Named values in order: arguments of queues, headers of events, properties of a peer.
package struct AMQPTable: Sendable, Equatable {
    /// One named value.
    package struct Entry: Sendable, Equatable {
        package var name: String
        package var value: AMQPValue
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    package init(_ entries: [(String, AMQPValue)]) {
        self.entries = entries.map { Entry(name: $0.0, value: $0.1) }
    }

    package var isEmpty: Bool { entries.isEmpty }

    package mutating func append(_ name: String, _ value: AMQPValue) {
        entries.append(Entry(name: name, value: value))
    }

    /// The first value of a name.
    package subscript(name: String) -> AMQPValue? { entries.first { $0.name == name }?.value }
}

/// What travels beside an event's body.
package struct AMQPProperties: Sendable, Equatable {
    package var contentType: String?
    package var headers = AMQPTable()
    /// 2 is persistent; 0 where nothing is said.
    package var deliveryMode: UInt8 = 0
    package var priority: UInt8?
    package var correlationID: String?
    package var replyTo: String?
    /// Milliseconds, in digits.
    package var expiration: String?
    package var messageID: String?
    /// Seconds since 1970.
    package var timestamp: UInt64?
    package var type: String?
    package var userID: String?
    package var appID: String?
    /// The headers of the broker could not be read and were left out.
    package var hasUnreadableHeaders = false

    package init() {}
}
