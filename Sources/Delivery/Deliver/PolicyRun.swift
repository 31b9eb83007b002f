internal import Messaging

/// What a policy keeps of one event: the attempts between its start and the policy's giving up; then another run begins.
final class PolicyRun {
    /// A call that a breaker let through and waits to hear of.
    struct Trial {
        let breaker: SharedBreaker
        let ticket: UInt64
        let observer: (any PolicyObserver)?

        /// The call has ended.
        func end(isSuccess: Bool) { breaker.ended(ticket: ticket, isSuccess: isSuccess, for: observer) }

        /// Nobody waits for the call any more.
        func withdraw() { breaker.withdrawn(ticket: ticket, for: observer) }
    }

    /// Failures before this run.
    let base: Int
    /// When its first call began.
    var start: Instant?
    /// The present call, where there is a breaker.
    var trial: Trial?

    init(base: Int) { self.base = base }
}
