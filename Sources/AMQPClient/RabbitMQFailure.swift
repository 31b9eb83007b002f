/// Why a publish, a call, a channel or a connection failed.
package struct RabbitMQFailure: Error, Sendable, Equatable {
    /// The class of a failure.
    package enum Kind: Sendable, Equatable {
        /// The broker cannot be reached, or the connection was lost.
        case unavailable
        /// A deadline passed.
        case timeout
        /// The owner closed the connection or the channel.
        case closed
        /// The broker refused: credentials, permissions, arguments, an event.
        case refused
        /// TLS was not made or was broken off; trying again does not help where a certificate is the reason.
        case tls
        /// The broker takes no events now: an alarm, or a full queue.
        case full
        /// The event came back: no queue takes it.
        case unroutable
        /// What came is not AMQP 0-9-1, or exceeds a bound.
        case protocolViolation
    }

    /// The class of the failure.
    package var kind: Kind
    /// The reason in the broker's words where it has some, and what to do; never a password.
    package var reason: String
    /// AMQP's reply code, or the number of the system or of OpenSSL.
    package var nativeCode: Int?
    /// Whether the broker may have what was asked of it.
    package var wasWritten: Bool

    package init(_ kind: Kind, _ reason: String, nativeCode: Int? = nil, wasWritten: Bool = false) {
        self.kind = kind
        self.reason = reason
        self.nativeCode = nativeCode
        self.wasWritten = wasWritten
    }

    /// AMQP: what was asked for is not there.
    package var meansNotFound: Bool { kind == .refused && nativeCode == 404 }
    /// AMQP: it is there with other arguments.
    package var meansInequivalent: Bool { kind == .refused && nativeCode == 406 }
    /// AMQP: the user may not do that.
    package var meansForbidden: Bool { kind == .refused && nativeCode == 403 }
}

extension RabbitMQFailure: CustomStringConvertible {
    package var description: String { reason }
}
