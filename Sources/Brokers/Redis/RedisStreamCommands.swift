internal import Messaging
internal import RedisClient

/// The commands of streams that the adapter uses, as bytes.
extension RedisOutput {
    /// Appends an entry to a stream, which is made where there is none.
    /// - Parameters:
    ///   - trim: what older entries may go.
    ///   - metadata: a JSON object; no field is written where it is empty.
    ///   - key: the ordering key; no field is written where it is empty.
    mutating func addEntry(_ topic: String, trim: RedisTrim, body: [UInt8], metadata: [UInt8], key: [UInt8]) {
        beginEntry(topic, trim: trim, hasMetadata: !metadata.isEmpty, hasKey: !key.isEmpty)
        argument(body)
        if !metadata.isEmpty {
            argument("metadata")
            argument(metadata)
        }
        if !key.isEmpty {
            argument("key")
            argument(key)
        }
    }

    /// Begins an entry, up to its body.
    mutating func beginEntry(_ topic: String, trim: RedisTrim, hasMetadata: Bool, hasKey: Bool) {
        let fields = 2 + (hasMetadata ? 2 : 0) + (hasKey ? 2 : 0)
        begin("XADD", arguments: 2 + (trim == .none ? 0 : 3) + fields)
        argument(topic)
        switch trim {
        case .none: break
        case .length(let count):
            argument("MAXLEN")
            argument("~")
            argument(count)
        case .before(let milliseconds):
            argument("MINID")
            argument("~")
            argument(milliseconds)
        }
        argument("*")
        argument("data")
    }

    /// Reads entries that no consumer of the group has got yet.
    /// - Parameter block: how long Redis waits for one, in milliseconds; `nil` does not wait.
    mutating func readNew(_ group: RedisGroup, count: Int, block: Int?) {
        begin("XREADGROUP", arguments: 8 + (block == nil ? 0 : 2))
        argument("GROUP")
        argument(group.name)
        argument(group.consumer)
        argument("COUNT")
        argument(count)
        if let block {
            argument("BLOCK")
            argument(block)
        }
        argument("STREAMS")
        argument(group.stream)
        argument(">")
    }

    /// Ends entries for the group.
    mutating func acknowledge(_ group: RedisGroup, _ ids: ArraySlice<Position>) {
        begin("XACK", arguments: 2 + ids.count)
        argument(group.stream)
        argument(group.name)
        for id in ids { argument(id.high, hyphen: id.low) }
    }

    /// Takes entries over and reads them.
    /// - Parameter idle: only those that nobody has touched for so long, in milliseconds.
    mutating func claim(_ group: RedisGroup, idle: Int, _ ids: [Position]) {
        begin("XCLAIM", arguments: 4 + ids.count)
        argument(group.stream)
        argument(group.name)
        argument(group.consumer)
        argument(idle)
        for id in ids { argument(id.high, hyphen: id.low) }
    }

    /// Tells Redis that this consumer is still at work on entries.
    mutating func renew(_ group: RedisGroup, _ ids: ArraySlice<Position>) {
        begin("XCLAIM", arguments: 5 + ids.count)
        argument(group.stream)
        argument(group.name)
        argument(group.consumer)
        argument(0)
        for id in ids { argument(id.high, hyphen: id.low) }
        argument("JUSTID")
    }

    /// Lists what this consumer has got and not acknowledged.
    mutating func listOwn(_ group: RedisGroup, from: Position, count: Int) {
        begin("XPENDING", arguments: 6)
        argument(group.stream)
        argument(group.name)
        argument(from.high, hyphen: from.low)
        argument("+")
        argument(count)
        argument(group.consumer)
    }

    /// Lists what any consumer has got, not acknowledged and not touched for a time.
    /// - Parameter idle: in milliseconds; `nil` on servers before 6.2, which list all.
    mutating func listIdle(_ group: RedisGroup, idle: Int?, from: Position, count: Int) {
        begin("XPENDING", arguments: 5 + (idle == nil ? 0 : 2))
        argument(group.stream)
        argument(group.name)
        if let idle {
            argument("IDLE")
            argument(idle)
        }
        argument(from.high, hyphen: from.low)
        argument("+")
        argument(count)
    }

    /// Looks whether an entry still exists.
    mutating func look(_ group: RedisGroup, _ id: Position) {
        begin("XRANGE", arguments: 3)
        argument(group.stream)
        argument(id.high, hyphen: id.low)
        argument(id.high, hyphen: id.low)
    }
}

/// What `XADD` may remove on its way.
enum RedisTrim: Equatable {
    /// Nothing.
    case none
    /// All but about so many of the newest entries.
    case length(Int)
    /// About all entries that are older than a moment, in milliseconds since 1970.
    case before(Int)
}

/// A stream, a consumer group of it, and one consumer of that.
struct RedisGroup: Equatable {
    var stream: String
    var name: String
    var consumer: String
}
