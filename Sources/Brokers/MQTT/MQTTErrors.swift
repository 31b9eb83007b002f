internal import MQTTClient
internal import Messaging

/// The client's failures as the errors of the seam. Pure.
enum MQTTErrors {
    static func failure(_ failure: MQTTFailure, action: String) -> ComponentError {
        let code: ComponentError.Code =
            switch failure.kind {
            case .unavailable: .unavailable
            case .timeout: .timeout
            case .closed: .closed
            case .refused, .tls: .refused
            case .full: .full
            case .protocolViolation: .protocolViolation
            case .library: .settings
            }
        return ComponentError(
            code, action: action, reason: failure.reason, nativeCode: failure.nativeCode,
            outcome: failure.wasWritten ? .unknown : .notSent)
    }
}
