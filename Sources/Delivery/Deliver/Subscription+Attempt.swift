internal import Bytes
internal import Events
package import Messaging
internal import Rules

/// One attempt to bring an event to where it belongs: look at it once, then call the app or write it to the dead letter topic.
extension Subscription {
    /// Begins the next attempt of an event that the engine started.
    func begin(_ slot: LaneEngine.Slot) {
        guard let flight = flights[Int(slot.index)] else {
            preconditionFailure("a slot was started that holds no event")
        }
        if flight.isRecalled { return giveBack(slot) }
        switch flight.stage {
        case .fresh: prepare(flight, slot)
        case .app: callApp(flight, slot)
        case .deadLetter: writeDeadLetter(flight, slot)
        }
    }

    /// Looks at an event for the first time: what it is, whether it has expired, and where it goes.
    private func prepare(_ flight: Flight, _ slot: LaneEngine.Slot) {
        let received = flight.received
        let body = plan.isRaw ? envelope(around: received.message) : received.message.body
        guard let event = IncomingEvent(body, of: received, isRaw: plan.isRaw) else {
            let reason = "the message is not exactly one JSON object; publish CloudEvents, or subscribe with rawPayload"
            return failed(slot, reason: reason)
        }
        let isExpired = event.isExpired(at: scheduler.wallClock)
        flight.event = consume event
        if isExpired { return dropped(slot, .expired) }
        switch plan.routes.route({ flight.event?.ruleEvent ?? RuleEvent(.null) }) {
        case .noMatch: return dropped(slot, .noRoute)
        case .error(let reason): return failed(slot, reason: "no rule could be decided: \(reason)")
        case .path(let target): flight.target = target
        }
        flight.stage = .app
        callApp(flight, slot)
    }

    /// Calls the app; every attempt is a span of its own. In bulk delivery the event waits for others first.
    private func callApp(_ flight: Flight, _ slot: LaneEngine.Slot) {
        if let bulk { return bulk.collect(flight, slot, of: self) }
        guard let body = flight.event?.body else { return }
        var limit = callLimit
        if let policy {
            guard admit(flight, slot, policy) else { return }
            limit = policy.callLimit ?? limit
        }
        let trace = flight.event?.carriesTrace == true ? tracer.deliverySpan(event: flight.event?.trace) : nil
        let call = AppCall(
            target: flight.target, body: body, metadata: flight.received.message.metadata, pubsub: broker.name,
            trace: trace)
        flight.called = scheduler.now
        flight.span = trace
        let deadline = limit.map { Instant(nanoseconds: scheduler.now.nanoseconds &+ $0) }
        destination.deliver(call, deadline: deadline, completion: self, token: slot.token)
    }

    /// The envelope of a raw message.
    private func envelope(around message: Message) -> [UInt8] {
        let trace = CarriedTrace(
            id: message.metadata["traceid"], parent: message.metadata["traceparent"],
            state: message.metadata["tracestate"])
        return writer.wrapRaw(
            message.body.rawSpan, topic: visibleTopic(message.topic), pubsubName: broker.name, trace: trace)
    }

    private func writeDeadLetter(_ flight: Flight, _ slot: LaneEngine.Slot) {
        guard broker.permissions.mayPublish(plan.deadLetterTopic) else {
            let error = ComponentError(
                .refused, component: broker.title, action: "publishing to topic \(plan.deadLetterTopic)",
                reason: "the component's scopes do not let this app publish there; allow it or remove deadLetterTopic")
            return deadLetterEnded(slot, .failed(error))
        }
        // The broker's bytes and pairs as they came, not the envelope that the app would have got (spec 1.6).
        let message = flight.received.message
        broker.enqueue(
            PublishEntry(
                topic: broker.topicPrefix + plan.deadLetterTopic, body: message.body, metadata: message.metadata,
                key: message.key, needsPlace: true, completion: self, token: slot.token), isInternal: true)
    }

    /// The topic as the app knows it: without the prefix of a namespace-scoped component.
    private func visibleTopic(_ topic: String) -> String {
        let prefix = broker.topicPrefix
        guard !prefix.isEmpty, topic.hasPrefix(prefix) else { return topic }
        return String(topic.dropFirst(prefix.count))
    }

    // MARK: Endings

    func succeeded(_ slot: LaneEngine.Slot) {
        counts.delivered += 1
        if let flight = flights[Int(slot.index)] {
            observer.delivered(self, arrived: flight.arrived)
        }
        acknowledge(slot)
    }

    private func failed(_ slot: LaneEngine.Slot, reason: String) {
        countFailure(slot)
        givenUp(slot, reason: reason)
    }

    func countFailure(_ slot: LaneEngine.Slot) {
        counts.failedAttempts += 1
        flights[Int(slot.index)]?.failures += 1
    }

    /// What follows once no policy asks for another attempt now.
    /// - Parameter earliest: nothing is tried again sooner.
    func givenUp(_ slot: LaneEngine.Slot, reason: String, earliest: Duration = .zero) {
        let index = Int(slot.index)
        let failures = flights[index]?.failures ?? 1
        var decision = decide(.failed, failures: failures)
        let eventID = flights[index]?.eventID ?? ""
        switch decision {
        case .retry(let scheduled):
            let wait = max(scheduled, earliest)
            decision = .retry(after: wait)
            observer.attemptFailed(self, eventID: eventID, reason: reason, failures: failures, retryIn: wait)
        case .release where !broker.isDurable:
            counts.lost += 1
            observer.lost(self, eventID: eventID, reason: reason)
        default:
            observer.attemptFailed(self, eventID: eventID, reason: reason, failures: failures, retryIn: nil)
        }
        carryOut(decision, slot, drop: nil)
    }

    func dropped(_ slot: LaneEngine.Slot, _ reason: DropReason) {
        let index = Int(slot.index)
        counts.dropped[reason, default: 0] += 1
        observer.dropped(self, eventID: flights[index]?.eventID ?? "", reason: reason)
        carryOut(decide(.dropped(reason), failures: flights[index]?.failures ?? 0), slot, drop: reason)
    }

    private func deadLetterEnded(_ slot: LaneEngine.Slot, _ outcome: PublishOutcome) {
        let index = Int(slot.index)
        guard engine.isRunning(slot), let flight = flights[index] else { return }
        switch outcome {
        case .stored:
            counts.deadLettered += 1
            observer.deadLettered(self, eventID: flight.eventID, topic: plan.deadLetterTopic)
            acknowledge(slot)
        case .failed(let error):
            flights[index]?.failures += 1
            observer.deadLetterFailed(self, eventID: flight.eventID, topic: plan.deadLetterTopic, error: error)
            let decision = decide(.deadLetterFailed, failures: flight.failures)
            if case .release = decision, !broker.isDurable {
                counts.lost += 1
                observer.lost(self, eventID: flight.eventID, reason: "\(error)")
            }
            carryOut(decision, slot, drop: nil)
        }
    }

    private func decide(_ ending: DeliveryDecision.Ending, failures: Int) -> DeliveryDecision {
        DeliveryDecision.after(
            ending, failures: failures, hasDeadLetter: plan.hasDeadLetter, sourceTakesFailed: deadLetterPlace != nil,
            isDurable: broker.isDurable, isEnding: isEnding, schedule: schedule)
    }

    func carryOut(_ decision: DeliveryDecision, _ slot: LaneEngine.Slot, drop: DropReason?) {
        let index = Int(slot.index)
        switch decision {
        case .acknowledge, .drop: acknowledge(slot)
        case .release: giveBack(slot)
        case .reject: reject(slot)
        case .deadLetter:
            guard let flight = flights[index] else { return }
            flight.stage = .deadLetter
            writeDeadLetter(flight, slot)
        case .retry where flights[index]?.isRecalled == true: giveBack(slot)
        case .retry(let wait):
            engine.retry(slot)
            flights[index]?.wake = scheduler.wake(at: scheduler.now + wait, self, token: slot.token)
            noteWork()
        }
    }
}

extension Subscription: AppCallCompletion {
    package func answered(_ answer: AppAnswer, token: UInt64) {
        let slot = LaneEngine.Slot(token: token)
        // An answer for an event that was given back meanwhile, because the subscription ended.
        guard engine.isRunning(slot) else { return }
        noteWork()
        if let policy { return conclude(answer, retryAfter: nil, slot, policy) }
        switch answer {
        case .failed(let reason):
            noteCallEnded(slot, .retry, status: 0, answerBytes: 0)
            failed(slot, reason: reason)
        case .answered(let status, let body):
            let verdict = AppVerdict.of(status: status, body: body)
            noteCallEnded(slot, EndedCall.Outcome(verdict), status: status, answerBytes: body.count)
            conclude(slot, verdict)
        }
    }

    /// Acts on the app's verdict on an event that is at the app.
    func conclude(_ slot: LaneEngine.Slot, _ verdict: AppVerdict) {
        switch verdict {
        case .success: succeeded(slot)
        case .drop: dropped(slot, .appDropped)
        case .notFound: dropped(slot, .notFound)
        case .retry(let reason, _): failed(slot, reason: reason)
        }
    }

    package func answered(_ answer: AppAnswer, retryAfter: Duration, token: UInt64) {
        let slot = LaneEngine.Slot(token: token)
        guard let policy, engine.isRunning(slot) else { return answered(answer, token: token) }
        noteWork()
        conclude(answer, retryAfter: retryAfter, slot, policy)
    }

    package func wants(_ token: UInt64) -> Bool { engine.isRunning(LaneEngine.Slot(token: token)) }
}

extension Subscription: PublishCompletion {
    package func published(_ outcome: PublishOutcome, token: UInt64) {
        deadLetterEnded(LaneEngine.Slot(token: token), outcome)
        noteWork()
    }
}
