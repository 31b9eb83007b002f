/// Why a command has no reply, or a connection was not made.
package struct RedisFailure: Error, Sendable, Equatable {
    /// The class of a failure.
    package enum Kind: Sendable, Equatable {
        /// The server cannot be reached or the connection was lost.
        case unavailable
        /// A deadline passed.
        case timeout
        /// The owner closed the connection.
        case closed
        /// The server refused credentials, database or name.
        case refused
        /// TLS was not made or was broken off; trying again does not help where a certificate is the reason.
        case tls
        /// What came is not RESP 2, or exceeds a bound.
        case protocolViolation
    }

    /// The class of the failure.
    package var kind: Kind
    /// The reason, with host and port and what to do; never a password.
    package var reason: String
    /// The system's or OpenSSL's number.
    package var nativeCode: Int?
    /// Whether the command was written, so that Redis may have run it.
    package var wasWritten: Bool

    package init(_ kind: Kind, _ reason: String, nativeCode: Int? = nil, wasWritten: Bool = false) {
        self.kind = kind
        self.reason = reason
        self.nativeCode = nativeCode
        self.wasWritten = wasWritten
    }
}

extension RedisFailure: CustomStringConvertible {
    package var description: String { reason }
}

/// Who waits for the reply to a command. Confined to the shard of the connection.
package protocol RedisCompletion: AnyObject {
    /// Called exactly once for each command, in the order of sending. It may send again.
    func replied(_ result: RedisResult, token: UInt64)
}

/// How one command ended.
package enum RedisResult: Sendable {
    /// Redis answered, be it by an error.
    case reply(RedisReply)
    /// There is no answer, and the connection is over.
    case failed(RedisFailure)
}
