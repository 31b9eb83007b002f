internal import Bytes
package import Messaging
package import RedisClient

/// One row of `XPENDING`.
package struct RedisPendingRow: Equatable {
    package var id: Position
    package var consumer: [UInt8]
    /// How long nobody has touched it, in milliseconds.
    package var idle: Int
    /// How often it was delivered.
    package var deliveries: Int
}

/// Replies to the commands of streams, taken apart; `nil` means that the reply has another form than Redis documents.
package enum RedisStreamReplies {
    /// The reply to `XREADGROUP` with one stream, `XCLAIM` and `XRANGE`; a read that brought nothing is no entries.
    package static func entries(_ reply: RedisReply) -> [RedisEntry]? {
        switch reply {
        case .entries(let entries): entries
        default: nil
        }
    }

    /// The reply to `XPENDING` with a range.
    package static func pending(_ reply: RedisReply) -> [RedisPendingRow]? {
        guard let elements = reply.elements else { return nil }
        var rows: [RedisPendingRow] = []
        for element in elements {
            guard let parts = element.elements, parts.count == 4, let text = parts[0].bytes, let id = id(text),
                let consumer = parts[1].bytes, let idle = parts[2].integer, let deliveries = parts[3].integer
            else { return nil }
            rows.append(RedisPendingRow(id: id, consumer: consumer, idle: idle, deliveries: deliveries))
        }
        return rows
    }

    /// The id that stands for the last entry a stream ever had, from `XINFO STREAM`.
    package static func lastGenerated(_ reply: RedisReply) -> Position? {
        guard let parts = reply.elements else { return nil }
        return value("last-generated-id", in: parts)?.bytes.flatMap(id)
    }

    /// Entries of a stream that a group has not acknowledged, from `XINFO GROUPS`: those that no consumer has got, and those that one has got.
    /// `nil` where Redis cannot tell: before 7.0, and after entries were deleted in the middle of the stream.
    package static func unacknowledged(_ reply: RedisReply, group: String) -> Int? {
        for row in reply.elements ?? [] {
            guard let parts = row.elements, value("name", in: parts)?.bytes == Array(group.utf8) else { continue }
            guard let pending = value("pending", in: parts)?.integer, let lag = value("lag", in: parts)?.integer else {
                return nil
            }
            return pending + lag
        }
        return nil
    }

    private static func value(_ name: String, in parts: [RedisReply]) -> RedisReply? {
        for index in stride(from: 0, to: parts.count - 1, by: 2) where parts[index].bytes == Array(name.utf8) {
            return parts[index + 1]
        }
        return nil
    }

    private static func id(_ text: [UInt8]) -> Position? { RedisEntry.id(text.rawSpan) }
}

extension Position {
    /// The id right before this one; the first one stays.
    var predecessor: Position {
        if low > 0 { return Position(high: high, low: low - 1) }
        return high > 0 ? Position(high: high - 1, low: .max) : self
    }

    /// The id right behind this one; the last one stays.
    var successor: Position {
        if low < .max { return Position(high: high, low: low + 1) }
        return high < .max ? Position(high: high + 1, low: 0) : self
    }

    /// As Redis writes it.
    var entryID: String { "\(high)-\(low)" }

    /// Whether this entry is older.
    func precedes(_ other: Position) -> Bool { high != other.high ? high < other.high : low < other.low }
}
