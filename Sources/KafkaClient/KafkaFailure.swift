internal import Bytes
internal import CRDKafka

/// What librdkafka or a broker refused or could not do.
package struct KafkaFailure: Error, Sendable, Equatable {
    /// The class of a failure.
    package enum Kind: Sendable, Equatable {
        /// No broker can be reached, or the one that is needed is not there now. Trying again may help.
        case unavailable
        /// A deadline passed.
        case timeout
        /// The cluster refused credentials, permissions, or the record itself.
        case refused
        /// The library's queue is full.
        case full
        /// A property has a value that the library does not take.
        case settings
        /// The partition is not ours any more.
        case stale
        /// The producer or consumer is beyond repair and has to be made anew.
        case fatal
    }

    /// The class of the failure.
    package var kind: Kind
    /// The reason in the words of the library or the broker.
    package var reason: String
    /// The number of `rd_kafka_resp_err_t`: positive ones are the broker's, negative ones the library's.
    package var code: Int

    /// `RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS`.
    package static let rebalanceInProgress = 27
    /// `RD_KAFKA_RESP_ERR__AUTHENTICATION`.
    package static let authentication = -169

    package init(_ kind: Kind, _ reason: String, code: Int = 0) {
        self.kind = kind
        self.reason = reason
        self.code = code
    }

    init(_ error: rd_kafka_resp_err_t, _ reason: String? = nil) {
        let reason = reason ?? KafkaFailure.text(of: error)
        kind = KafkaFailure.kind(ofTLS: reason, error) ?? KafkaFailure.kind(of: error)
        self.reason = reason
        code = Int(error.rawValue)
    }

    /// What went wrong with TLS is found in the words: certificates that one side does not take stay as they are, a peer that vanished comes back.
    static func kind(ofTLS reason: String, _ error: rd_kafka_resp_err_t) -> Kind? {
        guard error == RD_KAFKA_RESP_ERR__SSL || error == RD_KAFKA_RESP_ERR__TRANSPORT else { return nil }
        let words: [StaticString] = ["certificate", "SSL alert number", "wrong version number", "unsupported protocol"]
        if words.contains(where: { reason.contains(text: $0) }) {
            return reason.contains(text: "internal error") ? .unavailable : .refused
        }
        return .unavailable
    }

    static func text(of error: rd_kafka_resp_err_t) -> String {
        unsafe rd_kafka_err2str(error).map { unsafe String(cString: $0) } ?? "error \(error.rawValue)"
    }

    private static func kind(of error: rd_kafka_resp_err_t) -> Kind {
        switch error {
        case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
            .timeout
        case RD_KAFKA_RESP_ERR__QUEUE_FULL: .full
        case RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__FENCED: .fatal
        case RD_KAFKA_RESP_ERR__STATE, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
            RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
            .stale
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
            RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR__INVALID_ARG,
            RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
            RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR_INVALID_RECORD,
            RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT,
            RD_KAFKA_RESP_ERR_SECURITY_DISABLED, RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
            .refused
        default: .unavailable
        }
    }
}

extension KafkaFailure: CustomStringConvertible {
    package var description: String { reason }
}
