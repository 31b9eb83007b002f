/// What Redis answered to one command.
package enum RedisReply: Sendable, Equatable {
    /// A short text such as `OK`.
    case status(String)
    /// A refusal.
    case error(RedisServerError)
    /// A number.
    case integer(Int)
    /// Bytes with a length.
    case bulk([UInt8])
    /// Replies in order.
    case array([RedisReply])
    /// Nothing: no such key, or a blocking read that ended without an entry.
    case null
    /// The entries of a stream, where the sender asked for that form; `nil` where the reply has another one.
    case entries([RedisEntry]?)
}

extension RedisReply {
    /// The elements of an array.
    package var elements: [RedisReply]? {
        if case .array(let elements) = self { return elements }
        return nil
    }

    /// The bytes of a bulk or the UTF-8 of a status.
    package var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes): bytes
        case .status(let text): Array(text.utf8)
        default: nil
        }
    }

    /// The number.
    package var integer: Int? {
        if case .integer(let number) = self { return number }
        return nil
    }

    /// The refusal.
    package var error: RedisServerError? {
        if case .error(let error) = self { return error }
        return nil
    }

    /// What kind of reply it is, for errors about replies that were not expected.
    package var kindName: String {
        switch self {
        case .status: "a status"
        case .error: "an error"
        case .integer: "an integer"
        case .bulk: "a bulk"
        case .array: "an array"
        case .null: "nothing"
        case .entries: "entries of a stream"
        }
    }
}
