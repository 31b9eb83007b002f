package import Messaging

/// What to do with an event after an attempt: the one place that decides about loss and repetition.
///
/// The rules where no policy says otherwise: to the dead letter topic at once where one is set; else again on brokers that keep what is not
/// acknowledged, on a schedule without end; on brokers that keep nothing the event is lost, as in daprd. DROP and 404 drop, and are counted;
/// with a dead letter topic they go there (spec 1.6, "After the policy").
package enum DeliveryDecision: Sendable, Equatable {
    /// Settle as done.
    case acknowledge
    /// Write it to the dead letter topic; settle when that is confirmed.
    case deadLetter
    /// Settle as done although the app did not take it.
    case drop(DropReason)
    /// Settle as rejected: the broker puts it where it keeps what failed.
    case reject
    /// Keep it and try again after the wait.
    case retry(after: Duration)
    /// Give it back unsettled: a broker that keeps nothing loses it.
    case release

    /// How an attempt ended.
    package enum Ending: Sendable, Equatable {
        case success
        case dropped(DropReason)
        case failed
        /// The dead letter topic did not take it.
        case deadLetterFailed
    }

    /// - Parameters:
    ///   - failures: attempts that failed so far, this one included.
    ///   - isDurable: whether the broker keeps what is not acknowledged.
    ///   - sourceTakesFailed: whether the broker itself keeps what failed in a place of its own.
    ///   - isEnding: whether the subscription is being ended: nothing is tried again here then, and nothing is dead-lettered for a failure
    ///     that the end itself may have caused.
    package static func after(
        _ ending: Ending, failures: Int, hasDeadLetter: Bool, sourceTakesFailed: Bool = false,
        isDurable: Bool, isEnding: Bool, schedule: RetrySchedule
    ) -> DeliveryDecision {
        switch ending {
        case .success:
            return .acknowledge
        case .dropped(let reason):
            return hasDeadLetter ? .deadLetter : .drop(reason)
        case .failed:
            if isEnding { return .release }
            if hasDeadLetter { return .deadLetter }
            if sourceTakesFailed { return .reject }
            return isDurable ? .retry(after: schedule.wait(afterFailures: failures)) : .release
        case .deadLetterFailed:
            if isEnding || !isDurable { return .release }
            return .retry(after: schedule.wait(afterFailures: failures))
        }
    }
}
