package import Messaging
package import RedisClient

/// One entry of a stream as it was read.
package struct RedisEntry: Equatable {
    /// Where it stands: milliseconds and a number within them.
    package var id: Position
    /// The value of the field `data`; `nil` where there is none, so that there is nothing to deliver.
    package var body: [UInt8]?
    /// The value of the field `metadata`; empty where there is none.
    package var metadata: [UInt8]
    /// The value of the field `key`; empty where there is none.
    package var key: [UInt8]
}

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
    /// The reply to `XREADGROUP` with one stream; nothing is no entries.
    package static func read(_ reply: RedisReply) -> [RedisEntry]? {
        if reply == .null { return [] }
        guard let streams = reply.elements, streams.count == 1, let stream = streams[0].elements, stream.count == 2
        else {
            return nil
        }
        return entries(stream[1])
    }

    /// The reply to `XCLAIM` and `XRANGE`. Servers before 7 answer nothing in the place of an entry that was deleted.
    package static func entries(_ reply: RedisReply) -> [RedisEntry]? {
        guard let elements = reply.elements else { return nil }
        var entries: [RedisEntry] = []
        entries.reserveCapacity(elements.count)
        for element in elements {
            if element == .null { continue }
            guard let entry = entry(element) else { return nil }
            entries.append(entry)
        }
        return entries
    }

    private static func entry(_ reply: RedisReply) -> RedisEntry? {
        guard case .array(let parts) = reply, parts.count == 2, case .bulk(let text) = parts[0], let id = id(text)
        else {
            return nil
        }
        var entry = RedisEntry(id: id, body: nil, metadata: [], key: [])
        // Pending entries that were deleted come without fields.
        guard case .array(let fields) = parts[1] else { return entry }
        guard fields.count % 2 == 0 else { return nil }
        for index in stride(from: 0, to: fields.count, by: 2) {
            guard case .bulk(let name) = fields[index], case .bulk(let value) = fields[index + 1] else { return nil }
            switch name.count {
            case 4 where name == dataName: entry.body = value
            case 8 where name == metadataName: entry.metadata = value
            case 3 where name == keyName: entry.key = value
            default: break
            }
        }
        return entry
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
        for index in stride(from: 0, to: parts.count - 1, by: 2)
        where parts[index].bytes == Array("last-generated-id".utf8) {
            return parts[index + 1].bytes.flatMap(id)
        }
        return nil
    }

    /// Two decimal numbers joined by a hyphen.
    package static func id(_ text: [UInt8]) -> Position? {
        var numbers: (UInt64, UInt64) = (0, 0)
        var digits = 0
        var isSecond = false
        for byte in text {
            if byte == UInt8(ascii: "-"), !isSecond, digits > 0 {
                (numbers.0, numbers.1) = (numbers.1, 0)
                isSecond = true
                digits = 0
                continue
            }
            let digit = byte &- 0x30
            guard digit < 10 else { return nil }
            let (product, overflow) = numbers.1.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            guard !overflow, !carry else { return nil }
            numbers.1 = sum
            digits += 1
        }
        return isSecond && digits > 0 ? Position(high: numbers.0, low: numbers.1) : nil
    }

    private static let dataName = Array("data".utf8)
    private static let metadataName = Array("metadata".utf8)
    private static let keyName = Array("key".utf8)
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
