internal import Bytes
internal import Events
internal import Messaging

/// Attempts under a policy: the breaker is asked before, the answer is read as the subscription says, and a failure may be tried again.
extension Subscription {
    /// The breaker's answer to a call.
    enum BreakerAnswer {
        /// There is none.
        case free
        /// The call may be made, and its end is to be told.
        case trial(PolicyRun.Trial)
        /// It may not, and its events were decided upon.
        case refused
    }

    /// Asks the breaker before an event goes alone; false where the call may not be made, and then the event was decided upon.
    func admit(_ flight: Flight, _ slot: LaneEngine.Slot, _ policy: DeliveryPolicy) -> Bool {
        let run = begin(flight, policy)
        guard policy.breaker != nil else { return true }
        switch admission([slot], policy) {
        case .free: return true
        case .trial(let trial):
            run.trial = trial
            return true
        case .refused: return false
        }
    }

    /// Asks the breaker before a call with these events is made.
    func admission(_ slots: [LaneEngine.Slot], _ policy: DeliveryPolicy) -> BreakerAnswer {
        for slot in slots {
            if let flight = flights[Int(slot.index)] { _ = begin(flight, policy) }
        }
        guard let breaker = policy.breaker else { return .free }
        switch breaker.admit(for: policy.observer) {
        case .admitted(let ticket):
            return .trial(PolicyRun.Trial(breaker: breaker, ticket: ticket, observer: policy.observer))
        case .open(let end):
            // The breaker is open up to and including the moment.
            let rest = end.elapsed(since: scheduler.now) + .milliseconds(1)
            for slot in slots {
                runEnded(slot, reason: "circuit breaker is open (\(breaker.name))", earliest: rest)
            }
        case .busy:
            for slot in slots {
                runEnded(slot, reason: "too many requests while the circuit breaker is half-open (\(breaker.name))")
            }
        }
        return .refused
    }

    /// The run of an event, begun with its first call.
    private func begin(_ flight: Flight, _ policy: DeliveryPolicy) -> PolicyRun {
        let countsEarlier = policy.retry?.countsEarlierAttempts == true
        let run = flight.run ?? PolicyRun(base: countsEarlier ? 0 : flight.failures)
        if run.start == nil { run.start = scheduler.now }
        flight.run = run
        return run
    }

    /// An answer, or none, under a policy.
    func conclude(_ answer: AppAnswer, retryAfter: Duration?, _ slot: LaneEngine.Slot, _ policy: DeliveryPolicy) {
        let ruling = PolicyRuling(answer, outcomes: policy.outcomes)
        switch answer {
        case .failed:
            noteCallEnded(slot, EndedCall.Outcome(ruling), status: 0, answerBytes: 0)
            if let flight = flights[Int(slot.index)] { noteTimeout(policy, began: flight.called) }
        case .answered(let status, let body):
            noteCallEnded(slot, EndedCall.Outcome(ruling), status: status, answerBytes: body.count)
        }
        conclude(ruling, retryAfter: retryAfter, slot, policy)
    }

    /// A call ended without an answer: counted where that is the inbound policy's doing.
    func noteTimeout(_ policy: DeliveryPolicy, began: Instant) {
        guard let observer = policy.observer, policy.timeoutIsInbound, let limit = policy.callLimit,
            elapsed(since: began) >= limit
        else { return }
        observer.timedOut()
    }

    /// What an answer meant, carried out.
    func conclude(_ ruling: PolicyRuling, retryAfter: Duration?, _ slot: LaneEngine.Slot, _ policy: DeliveryPolicy) {
        let index = Int(slot.index)
        if let run = flights[index]?.run, let trial = run.trial {
            run.trial = nil
            trial.end(isSuccess: !ruling.isFailure)
        }
        switch ruling {
        case .success: succeeded(slot)
        case .dropped(let reason): dropped(slot, reason)
        case .leaves(let decision):
            counts.dropped[.configured, default: 0] += 1
            observer.dropped(self, eventID: flights[index]?.eventID ?? "", reason: .configured)
            carryOut(decision, slot, drop: .configured)
        case .failed(let reason, let code): failed(slot, reason: reason, code: code, retryAfter: retryAfter, policy)
        }
    }

    private func failed(
        _ slot: LaneEngine.Slot, reason: String, code: FailureCode, retryAfter: Duration?, _ policy: DeliveryPolicy
    ) {
        countFailure(slot)
        guard let flight = flights[Int(slot.index)] else { return }
        let random = Double(writer.random.next() >> 11) / Double(1 << 53)
        // Nothing begins while the subscription ends: the broker keeps the event.
        guard !isEnding,
            let wait = policy.wait(flight, code: code, retryAfter: retryAfter, now: scheduler.now, random: random)
        else {
            let earliest = policy.honoursRetryAfter ? retryAfter ?? .zero : .zero
            return runEnded(slot, reason: reason, earliest: min(earliest, DeliveryPolicy.longestRetryAfter))
        }
        if policy.retryIsInbound { policy.observer?.retried() }
        observer.attemptFailed(
            self, eventID: flight.eventID, reason: reason, failures: flight.failures, retryIn: wait)
        carryOut(.retry(after: wait), slot, drop: nil)
    }

    /// The policy has given up. Where the event stays all the same, another run begins with its next attempt.
    private func runEnded(_ slot: LaneEngine.Slot, reason: String, earliest: Duration = .zero) {
        if let flight = flights[Int(slot.index)] { flight.run = PolicyRun(base: flight.failures) }
        givenUp(slot, reason: reason, earliest: earliest)
    }
}
