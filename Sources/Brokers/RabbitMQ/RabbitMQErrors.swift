internal import AMQPClient
internal import Messaging

/// The client's failures as the errors of the seam. Pure.
enum RabbitMQErrors {
    static func failure(_ failure: RabbitMQFailure, action: String) -> ComponentError {
        let code: ComponentError.Code =
            switch failure.kind {
            case .unavailable, .unroutable: .unavailable
            case .timeout: .timeout
            case .closed: .closed
            case .refused, .tls: .refused
            case .full: .full
            case .protocolViolation: .protocolViolation
            }
        return ComponentError(
            code, action: action, reason: failure.reason, nativeCode: failure.nativeCode,
            outcome: failure.wasWritten ? .unknown : .notSent)
    }
}
