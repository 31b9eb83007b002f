internal import Messaging

/// The outbound policy of one component at work: it publishes an event as often as the policy says, and tells the end once.
///
/// Confined to the component's shard. An event lies here from its first attempt to its end. A confirmation that comes after the time of its
/// attempt counts, so that what is stored is not published again. As long as one attempt may have been stored, an end without success is of
/// unknown outcome, whatever became of the last attempt.
final class PublishAttempts {
    /// Events that are here at most; a further one is refused as not sent.
    static let limit = 65_536

    private struct Event {
        let entry: PublishEntry
        let isInternal: Bool
        let start: Instant
        /// The serial number of its first attempt, and of the present one.
        let first: UInt64
        var current: UInt64
        var failures = 0
        var isTrying = false
        var trial: PolicyRun.Trial?
        var wake = Wake.none
        var error: ComponentError?
        /// Attempts that failed and may have been stored all the same.
        var unknowns = 0
    }

    /// Read at each decision.
    var policy = CallPolicy()
    private weak var broker: Broker?
    private let scheduler: any Scheduler
    private var events: [Event?] = []
    private var free: [Int] = []
    private var serial: UInt64 = 0
    private var ended: [(entry: PublishEntry, outcome: PublishOutcome)] = []
    private var isDue = false
    private var random = SystemRandomNumberGenerator()

    init(_ broker: Broker, _ scheduler: any Scheduler) {
        self.broker = broker
        self.scheduler = scheduler
    }

    /// Makes the first attempt.
    func begin(_ entry: PublishEntry, isInternal: Bool) {
        guard events.count - free.count < PublishAttempts.limit else {
            let reason = "\(PublishAttempts.limit) events wait for their next attempt already; publish again later"
            return tell(entry, .failed(error(.full, entry, reason)))
        }
        policy.observer?.applied(policy)
        let event = Event(
            entry: entry, isInternal: isInternal, start: scheduler.now, first: serial + 1, current: serial + 1)
        let index = free.popLast() ?? events.count
        if index == events.count { events.append(event) } else { events[index] = event }
        attempt(index)
    }

    /// Ends what waits for another attempt; attempts at the broker end by themselves.
    func end() {
        policy = CallPolicy()
        for index in events.indices {
            guard let event = events[index], !event.isTrying else { continue }
            finish(index, .failed(event.error ?? error(.closed, event.entry, "component is closed")))
        }
    }

    // MARK: Attempts

    private func attempt(_ index: Int) {
        guard let entry = events[index]?.entry else { return }
        guard let broker else { return finish(index, .failed(error(.closed, entry, "component is closed"))) }
        serial += 1
        events[index]?.current = serial
        if let breaker = policy.breaker {
            switch breaker.admit(for: policy.observer) {
            case .admitted(let ticket):
                events[index]?.trial = PolicyRun.Trial(breaker: breaker, ticket: ticket, observer: policy.observer)
            case .open: return refused(index, "circuit breaker is open")
            case .busy: return refused(index, "too many requests")
            }
        }
        events[index]?.isTrying = true
        let token = PublishAttempts.token(serial, index)
        if let timeout = policy.timeout {
            events[index]?.wake = scheduler.wake(at: scheduler.now + timeout, self, token: token)
        }
        var copy = entry
        copy.completion = self
        copy.token = token
        broker.append(copy)
    }

    /// The breaker lets nothing through: that ends the retries.
    private func refused(_ index: Int, _ reason: String) {
        guard let entry = events[index]?.entry else { return }
        finish(index, .failed(error(.unavailable, entry, reason)))
    }

    private func failed(_ index: Int, _ error: ComponentError, code: FailureCode) {
        conclude(index, isSuccess: false)
        events[index]?.failures += 1
        if error.outcome == .unknown { events[index]?.unknowns += 1 }
        events[index]?.error = error
        guard let event = events[index] else { return }
        let wait = policy.retry?.wait(
            afterFailures: event.failures, code: code, elapsed: scheduler.now.elapsed(since: event.start),
            random: Double.random(in: 0..<1, using: &random))
        guard let wait else { return finish(index, .failed(error)) }
        policy.observer?.retried()
        let token = PublishAttempts.token(event.current, index)
        events[index]?.wake = scheduler.wake(at: scheduler.now + wait, self, token: token)
    }

    /// The attempt is over, however it ended.
    private func conclude(_ index: Int, isSuccess: Bool) {
        guard let event = events[index] else { return }
        scheduler.cancel(event.wake)
        events[index]?.wake = .none
        events[index]?.isTrying = false
        events[index]?.trial = nil
        event.trial?.end(isSuccess: isSuccess)
    }

    // MARK: The end

    private func finish(_ index: Int, _ outcome: PublishOutcome) {
        guard let event = events[index] else { return }
        scheduler.cancel(event.wake)
        events[index] = nil
        free.append(index)
        guard case .failed(var error) = outcome, event.unknowns > 0 else { return tell(event.entry, outcome) }
        error.outcome = .unknown
        tell(event.entry, .failed(error))
    }

    /// Told at the turn's end: whoever publishes is never called back from inside its call.
    private func tell(_ entry: PublishEntry, _ outcome: PublishOutcome) {
        ended.append((entry, outcome))
        guard !isDue else { return }
        isDue = true
        scheduler.atTurnEnd(self)
    }

    private func error(_ code: ComponentError.Code, _ entry: PublishEntry, _ reason: String) -> ComponentError {
        ComponentError(
            code, component: broker?.title ?? "", action: "publishing to topic \(entry.topic)", reason: reason)
    }

    // MARK: Tokens

    private static let indexBits: UInt64 = 20

    private static func token(_ serial: UInt64, _ index: Int) -> UInt64 { serial << indexBits | UInt64(index) }

    /// The place of the event that a token was made for, and its attempt; nil where it has ended.
    private func place(_ token: UInt64) -> (index: Int, serial: UInt64)? {
        let index = Int(token & (1 << PublishAttempts.indexBits - 1))
        let serial = token >> PublishAttempts.indexBits
        guard index < events.count, let event = events[index], event.first <= serial, serial <= event.current else {
            return nil
        }
        return (index, serial)
    }

    /// What an error counts as: trouble on the way, or a refusal that no repetition changes (spec 3.4).
    private static func code(of error: ComponentError, isInternal: Bool) -> FailureCode {
        switch error.code {
        case .unavailable, .timeout, .full, .storage: isInternal ? .grpc(14) : .http(503)
        case .refused, .settings, .closed, .protocolViolation: isInternal ? .grpc(9) : .http(400)
        }
    }
}

extension PublishAttempts: PublishCompletion {
    func published(_ outcome: PublishOutcome, token: UInt64) {
        guard let (index, serial) = place(token), let event = events[index] else { return }
        switch outcome {
        case .stored:
            conclude(index, isSuccess: true)
            finish(index, .stored)
        case .failed(let error):
            guard serial == event.current, event.isTrying else {
                // An attempt whose time was over has failed already; only whether it may have been stored is new.
                if error.outcome == .notSent { events[index]?.unknowns -= 1 }
                return
            }
            failed(index, error, code: PublishAttempts.code(of: error, isInternal: event.isInternal))
        }
    }
}

extension PublishAttempts: Sleeper {
    func wake(_ token: UInt64) {
        guard let (index, serial) = place(token), let event = events[index], serial == event.current else { return }
        guard event.isTrying else { return attempt(index) }
        var late = error(.timeout, event.entry, "context deadline exceeded: no answer within the policy's timeout")
        late.outcome = .unknown
        policy.observer?.timedOut()
        failed(index, late, code: .none)
    }
}

extension PublishAttempts: TurnParticipant {
    func turnEnded() {
        isDue = false
        let told = ended
        ended = []
        for (entry, outcome) in told { entry.completion.published(outcome, token: entry.token) }
    }
}
