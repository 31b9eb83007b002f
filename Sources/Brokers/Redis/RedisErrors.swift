internal import Messaging
internal import RedisClient

/// Redis' refusals and lost connections as the errors of the seam. Pure.
enum RedisErrors {
    /// Redis answered with a refusal: what was asked for did not happen.
    static func refusal(_ error: RedisServerError, action: String) -> ComponentError {
        ComponentError(code(error.code), action: action, reason: "\(error)")
    }

    private static func code(_ code: RedisServerError.Code) -> ComponentError.Code {
        switch code {
        case .readOnly, .loading, .masterDown, .clusterDown, .busy, .noReplicas, .noGroup, .unblocked: .unavailable
        case .outOfMemory: .full
        case .misconfigured: .storage
        case .noAuth, .wrongPass, .noPerm, .moved, .ask, .wrongType, .busyGroup, .other: .refused
        }
    }

    /// There is no answer. What was written may have happened.
    static func failure(_ failure: RedisFailure, action: String) -> ComponentError {
        let code: ComponentError.Code =
            switch failure.kind {
            case .unavailable: .unavailable
            case .timeout: .timeout
            case .closed: .closed
            case .refused, .tls: .refused
            case .protocolViolation: .protocolViolation
            }
        return ComponentError(
            code, action: action, reason: failure.reason, nativeCode: failure.nativeCode,
            outcome: failure.wasWritten ? .unknown : .notSent)
    }

    /// How publishing an entry ended.
    static func outcome(_ result: RedisResult, topic: String) -> PublishOutcome {
        switch result {
        case .reply(.bulk): return .stored
        case .reply(.error(let error)): return .failed(refusal(error, action: "publishing to topic \(topic)"))
        case .reply(let reply):
            return .failed(
                ComponentError(
                    .protocolViolation, action: "publishing to topic \(topic)",
                    reason: "Redis answered XADD with \(reply.kindName)", outcome: .unknown))
        case .failed(let failure): return .failed(self.failure(failure, action: "publishing to topic \(topic)"))
        }
    }
}
