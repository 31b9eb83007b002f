/// What an answer means to one subscription, where its `delivery` block says so: by status, by class of statuses, or for no answer at all.
package struct OutcomeTable: Sendable, Equatable {
    /// What becomes of the event.
    package enum Outcome: String, Sendable, CaseIterable {
        /// Done.
        case success
        /// Another attempt, as the policy allows it.
        case retry
        /// Acknowledged, counted, and in no dead letter topic.
        case drop
        /// To the dead letter topic now, without another attempt.
        case deadLetter
    }

    /// Each status.
    package var statuses: [Int: Outcome]
    /// Each class by its first digit.
    package var classes: [Int: Outcome]
    /// No answer: refused, reset, too late.
    package var noAnswer: Outcome?

    package init(statuses: [Int: Outcome] = [:], classes: [Int: Outcome] = [:], noAnswer: Outcome? = nil) {
        self.statuses = statuses
        self.classes = classes
        self.noAnswer = noAnswer
    }

    /// The outcome of an answer; nil leaves it to the rules that hold for everybody.
    package func outcome(of answer: AppAnswer) -> Outcome? {
        switch answer {
        case .answered(let status, _): statuses[status] ?? classes[status / 100]
        case .failed: noAnswer
        }
    }
}
