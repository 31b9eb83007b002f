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

    /// The answer to an event that went alone.
    init(_ answer: AppAnswer, outcomes: OutcomeTable?) {
        self = PolicyRuling.listed(answer, outcomes) ?? PolicyRuling.standard(answer)
    }

    /// The answer to one entry of a bulk delivery: a table is about the answer as a whole, and goes before what it says of the entry. No code
    /// is matched here, as in daprd (spec 1.6, "Bulk subscribe").
    init(_ answer: AppAnswer, outcomes: OutcomeTable?, entry verdict: AppVerdict) {
        self = PolicyRuling.listed(answer, outcomes) ?? PolicyRuling.standard(verdict, withCode: false)
    }

    private static func listed(_ answer: AppAnswer, _ outcomes: OutcomeTable?) -> PolicyRuling? {
        switch outcomes?.outcome(of: answer) {
        case .success?: .success
        case .drop?: .leaves(.drop(.configured))
        case .deadLetter?: .leaves(.deadLetter)
        case .retry?: retry(answer)
        case nil: nil
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
        case .failed(let reason): .failed(reason: reason, .none)
        case .answered(let status, let body): standard(AppVerdict.of(status: status, body: body), withCode: true)
        }
    }

    private static func standard(_ verdict: AppVerdict, withCode: Bool) -> PolicyRuling {
        switch verdict {
        case .success: return .success
        case .drop: return .dropped(.appDropped)
        case .notFound: return .dropped(.notFound)
        case .retry(let reason, let status):
            guard withCode, let status else { return .failed(reason: reason, .none) }
            return .failed(reason: reason, .http(status))
        }
    }
}
