import CRDKafka
import Testing

@testable import KafkaClient

/// What failed: what stays so until somebody changes it, and what may be over soon.
struct KafkaFailureTests {
    static let table: [(rd_kafka_resp_err_t, String?, KafkaFailure.Kind)] = [
        (RD_KAFKA_RESP_ERR__SSL, "SSL handshake failed: certificate verify failed: certificate has expired", .refused),
        (RD_KAFKA_RESP_ERR__SSL, "SSL handshake failed: Disconnected", .unavailable),
        (RD_KAFKA_RESP_ERR__SSL, "SSL handshake failed: wrong version number", .refused),
        (RD_KAFKA_RESP_ERR__TRANSPORT, "sslv3 alert bad certificate: SSL alert number 42", .refused),
        (RD_KAFKA_RESP_ERR__TRANSPORT, "tlsv1 alert internal error: SSL alert number 80", .unavailable),
        (RD_KAFKA_RESP_ERR__TRANSPORT, "Connection refused", .unavailable),
        (RD_KAFKA_RESP_ERR__AUTHENTICATION, nil, .refused), (RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, nil, .timeout),
        (RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, nil, .stale), (RD_KAFKA_RESP_ERR__QUEUE_FULL, nil, .full),
        (RD_KAFKA_RESP_ERR__FATAL, nil, .fatal), (RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, nil, .unavailable),
    ]

    @Test(arguments: table)
    func `a failure has its class`(_ error: rd_kafka_resp_err_t, _ text: String?, _ kind: KafkaFailure.Kind) {
        #expect(KafkaFailure(error, text).kind == kind)
    }
}
