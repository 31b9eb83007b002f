internal import Bytes
internal import KafkaClient
internal import Messaging

/// What librdkafka and brokers say, as the errors of the seam. Pure.
enum KafkaErrors {
    static func error(
        _ failure: KafkaFailure, action: String, outcome: ComponentError.Outcome = .notSent
    ) -> ComponentError {
        let code: ComponentError.Code =
            switch failure.kind {
            case .unavailable, .stale, .fatal: .unavailable
            case .timeout: .timeout
            case .refused: .refused
            case .full: .full
            case .settings: .settings
            }
        return ComponentError(
            code, action: action, reason: failure.reason + advice(failure),
            nativeCode: failure.code == 0 ? nil : failure.code, outcome: outcome)
    }

    /// How publishing an event ended.
    static func outcome(_ report: KafkaReport, topic: String) -> PublishOutcome {
        switch report {
        case .stored: .stored
        case .failed(let failure, let mayBeStored):
            .failed(error(failure, action: "publishing to topic \(topic)", outcome: mayBeStored ? .unknown : .notSent))
        }
    }

    /// What is worth doing about the errors that users meet, by librdkafka's number.
    private static func advice(_ failure: KafkaFailure) -> String {
        let isSCRAM = failure.reason.contains(text: "SCRAM")
        let isRefused = failure.kind == .refused
        return switch failure.code {
        case -169 where isSCRAM, 58 where isSCRAM:
            "; check saslUsername and saslPassword; Kafka 3.7.2, 3.8.1 and newer refuse SCRAM of librdkafka 2.0 whatever the password: use saslMechanism PLAINTEXT over TLS, mtls or oidc there"
        case -181 where isRefused, -195 where isRefused:
            "; check caCert, clientCert and clientKey, and whether the port speaks TLS"
        case 10: "; raise maxMessageBytes here, or message.max.bytes at the broker"
        case -195, -187, -193: "; is Kafka running there, and is `brokers` right?"
        case -169, 58: "; check authType, saslUsername, saslPassword, saslMechanism, or what the oidc fields give"
        case -190: "; partitionNumber must be below the topic's number of partitions"
        case 29, 30, 31: "; the user's access lists do not allow it"
        case 3: "; make the topic, or let the broker make topics"
        case 23: "; all members of a group must use the same consumerGroupRebalanceStrategy"
        default: ""
        }
    }
}
