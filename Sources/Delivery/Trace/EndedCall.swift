package import Messaging

/// One call to the app that is over, as metrics count it.
package struct EndedCall {
    /// What the call means for the event.
    package enum Outcome: Int, Sendable, CaseIterable {
        case success
        /// The app said DROP.
        case dropped
        /// The app answered 404.
        case notFound
        /// Everything else: another answer, or none.
        case retry

        init(_ ruling: PolicyRuling) {
            switch ruling {
            case .success: self = .success
            case .dropped(.notFound): self = .notFound
            case .dropped, .leaves: self = .dropped
            case .failed: self = .retry
            }
        }

        init(_ verdict: AppVerdict) {
            switch verdict {
            case .success: self = .success
            case .drop: self = .dropped
            case .notFound: self = .notFound
            case .retry: self = .retry
            }
        }
    }

    package var outcome: Outcome
    /// What the app answered; zero where it did not.
    package var status: Int
    /// When the call began.
    package var began: Instant
    /// The request target.
    package var target: [UInt8]
    /// The lengths of the bodies.
    package var requestBytes: Int
    package var answerBytes: Int

    package init(
        outcome: Outcome, status: Int, began: Instant, target: [UInt8], requestBytes: Int, answerBytes: Int
    ) {
        self.outcome = outcome
        self.status = status
        self.began = began
        self.target = target
        self.requestBytes = requestBytes
        self.answerBytes = answerBytes
    }
}
