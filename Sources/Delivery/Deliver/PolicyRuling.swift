/// What an answer means under a policy: the subscription's own table first, then what holds for everybody. Pure.
enum PolicyRuling: Equatable {
    /// The app took the event.
    case success
    /// As everywhere: to the dead letter topic where there is one, else dropped.
    case dropped(DropReason)
    /// It leaves without the app's success, in exactly this way.
    case leaves(DeliveryDecision)
    /// An attempt that may be followed by another one.
    case failed(reason: String, FailureCode)

    init(_ answer: AppAnswer, outcomes: OutcomeTable?) {
        switch outcomes?.outcome(of: answer) {
        case .success?: self = .success
        case .drop?: self = .leaves(.drop(.configured))
        case .deadLetter?: self = .leaves(.deadLetter)
        case .retry?: self = PolicyRuling.retry(answer)
        case nil: self = PolicyRuling.standard(answer)
        }
    }

    /// Whether a circuit breaker counts it as a failure.
    var isFailure: Bool {
        if case .failed = self { return true }
        return false
    }

    private static func retry(_ answer: AppAnswer) -> PolicyRuling {
        switch answer {
        case .answered(let status, _): .failed(reason: "the app answered \(status)", .http(status))
        case .failed(let reason): .failed(reason: reason, .none)
        }
    }

    private static func standard(_ answer: AppAnswer) -> PolicyRuling {
        switch answer {
        case .failed(let reason): return .failed(reason: reason, .none)
        case .answered(let status, let body):
            switch AppVerdict.of(status: status, body: body) {
            case .success: return .success
            case .drop: return .dropped(.appDropped)
            case .notFound: return .dropped(.notFound)
            case .retry(let reason, let code): return .failed(reason: reason, code.map { .http($0) } ?? .none)
            }
        }
    }
}
