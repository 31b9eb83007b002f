/// Why a connection was not made, was lost, or a request on it was refused.
package struct MQTTFailure: Error, Sendable, Equatable {
    /// The class of a failure.
    package enum Kind: Sendable, Equatable {
        /// The broker cannot be reached or the connection was lost.
        case unavailable
        /// A deadline passed.
        case timeout
        /// The owner closed the connection.
        case closed
        /// The broker refused: credentials, permissions, something that it does not offer.
        case refused
        /// A bound of the broker or of this process was reached.
        case full
        /// TLS was not made or was broken off.
        case tls
        /// What came is not MQTT, or exceeds a bound.
        case protocolViolation
        /// libmosquitto is missing or refuses its arguments.
        case library
    }

    /// The class of the failure.
    package var kind: Kind
    /// The reason, with the broker's words and what to do; never a password.
    package var reason: String
    /// The reason code of MQTT, or the number of the system or of OpenSSL.
    package var nativeCode: Int?
    /// Whether the event was written, so that the broker may have it.
    package var wasWritten: Bool

    package init(_ kind: Kind, _ reason: String, nativeCode: Int? = nil, wasWritten: Bool = false) {
        self.kind = kind
        self.reason = reason
        self.nativeCode = nativeCode
        self.wasWritten = wasWritten
    }
}

extension MQTTFailure: CustomStringConvertible {
    package var description: String { reason }
}
