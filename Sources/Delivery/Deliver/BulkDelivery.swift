internal import Bytes
internal import Events
internal import Messaging

/// The part of a subscription that brings its events to the app in batches; it is there only where bulk delivery is asked for.
///
/// Each event keeps its slot in the lane engine while it waits in the window and while its batch is at the app, and is settled on its own
/// verdict. An entry keeps its id, and that of its envelope, through all attempts, as in daprd.
final class BulkDelivery {
    private struct Call {
        let slots: [LaneEngine.Slot]
        let ids: [UUIDv4]
        /// What is told when it is over.
        let note: BulkCallNote
        /// The breaker that let the call through, where there is one.
        let trial: PolicyRun.Trial?
    }

    /// What an event is called in its batches, valid for one use of its slot.
    private struct Name {
        let generation: UInt32
        let id: UUIDv4
        let batch: UUIDv4
    }

    private static let timerToken: UInt64 = 0

    private weak var subscription: Subscription?
    private var window: BulkWindow
    private var calls: [Call?] = []
    private var freeCalls: [Int] = []
    /// By the index of the slot.
    private var names: [Name?] = []
    private var wake: (at: Instant, wake: Wake)?

    init(_ limits: BulkWindow.Limits) { window = BulkWindow(limits) }

    /// An event whose route is known waits for others; the window is looked at when the turn ends.
    func collect(_ flight: Flight, _ slot: LaneEngine.Slot, of subscription: Subscription) {
        if self.subscription == nil { self.subscription = subscription }
        window.add(
            slot, target: flight.target, size: flight.received.size, at: subscription.scheduler.now,
            isUrgent: flight.failures > 0)
        subscription.noteWork()
    }

    /// Sends what is to go now, and has itself woken for the rest.
    func dispatch(for subscription: Subscription) {
        let now = subscription.scheduler.now
        while let batch = window.next(at: now) { send(batch, for: subscription) }
        arm(subscription.scheduler)
    }

    /// Nothing waits for others any more, because the subscription ends.
    func flush() { window.flush() }

    /// Forgets what waits, because the subscription pauses. Calls are kept in mind: their answers will find that the events are gone.
    func suspend(_ scheduler: any Scheduler) {
        window.removeAll()
        arm(scheduler)
    }

    /// Events wait for others again.
    func goOn() { window.collectAgain() }

    /// Forgets everything: answers that come later find nothing.
    func cancel(_ scheduler: any Scheduler) {
        window.removeAll()
        for case let call? in calls { call.trial?.withdraw() }
        calls = []
        freeCalls = []
        arm(scheduler)
    }

    private func arm(_ scheduler: any Scheduler) {
        let moment = window.wakeAt
        guard wake?.at != moment else { return }
        if let wake { scheduler.cancel(wake.wake) }
        wake = moment.map { ($0, scheduler.wake(at: $0, self, token: BulkDelivery.timerToken)) }
    }

    // MARK: Calls

    private func send(_ batch: BulkWindow.Batch, for subscription: Subscription) {
        let policy = subscription.policy
        var trial: PolicyRun.Trial?
        if let policy {
            switch subscription.admission(batch.slots, policy) {
            case .free: break
            case .trial(let admitted): trial = admitted
            case .refused: return window.callEnded()
            }
        }
        let batchID = name(of: batch.slots[0], subscription, batch: nil).batch
        let size = batch.slots.reduce(0) { $0 + (subscription.flights[Int($1.index)]?.received.size ?? 0) }
        var envelope = BulkEnvelope(
            count: batch.slots.count, size: size, hasNullMetadata: !subscription.broker.capabilities.contains(.serial))
        var ids: [UUIDv4] = []
        ids.reserveCapacity(batch.slots.count)
        var trace: TraceContext?
        var parent: UInt64 = 0
        for slot in batch.slots {
            guard let flight = subscription.flights[Int(slot.index)], let json = flight.event?.json else {
                preconditionFailure("an event left while it waited for others")
            }
            let id = name(of: slot, subscription, batch: batchID).id
            ids.append(id)
            if subscription.plan.isRaw {
                envelope.add(id, raw: flight.received.message)
            } else {
                envelope.add(id, event: json, message: flight.received.message)
            }
            if trace == nil, flight.event?.carriesTrace == true {
                let own = flight.event?.trace
                trace = subscription.tracer.deliverySpan(event: own)
                parent = own?.span ?? 0
            }
        }
        envelope.finish(batchID, pubsub: subscription.broker.name, topic: subscription.plan.topic)
        let call = AppCall(
            target: batch.target, body: envelope.bytes, metadata: Metadata(), pubsub: subscription.broker.name,
            isBulk: true, trace: trace)
        let limit = policy?.callLimit ?? subscription.callLimit
        let deadline = limit.map { subscription.scheduler.now.nanoseconds &+ $0 }
        subscription.destination.deliver(
            call, deadline: deadline.map { Instant(nanoseconds: $0) }, completion: self,
            token: add(
                Call(
                    slots: batch.slots, ids: ids,
                    note: BulkCallNote(
                        began: subscription.scheduler.now, target: batch.target, bytes: call.body.count, span: trace,
                        parent: parent),
                    trial: trial)))
    }

    private func name(of slot: LaneEngine.Slot, _ subscription: Subscription, batch: UUIDv4?) -> Name {
        let index = Int(slot.index)
        while names.count <= index { names.append(nil) }
        if let name = names[index], name.generation == slot.generation { return name }
        let random = subscription.writer.random
        let name = Name(generation: slot.generation, id: random.uuid(), batch: batch ?? random.uuid())
        names[index] = name
        return name
    }

    private func add(_ call: Call) -> UInt64 {
        if let index = freeCalls.popLast() {
            calls[index] = call
            return UInt64(index)
        }
        calls.append(call)
        return UInt64(calls.count - 1)
    }

    private func take(_ token: UInt64) -> Call? {
        let index = Int(token)
        guard index < calls.count, let call = calls[index] else { return nil }
        calls[index] = nil
        freeCalls.append(index)
        return call
    }
}

extension BulkDelivery: AppCallCompletion {
    func answered(_ answer: AppAnswer, token: UInt64) { answered(answer, retryAfter: nil, token: token) }

    func answered(_ answer: AppAnswer, retryAfter: Duration, token: UInt64) {
        answered(answer, retryAfter: Optional(retryAfter), token: token)
    }

    /// A call that has not begun when its events are given back is forgotten: nothing will be heard of it.
    func wants(_ token: UInt64) -> Bool {
        let index = Int(token)
        guard let subscription, index < calls.count, let call = calls[index] else { return false }
        if call.slots.contains(where: { subscription.engine.isRunning($0) }) { return true }
        _ = take(token)
        call.trial?.withdraw()
        window.callEnded()
        subscription.noteWork()
        return false
    }

    private func answered(_ answer: AppAnswer, retryAfter: Duration?, token: UInt64) {
        guard let call = take(token) else { return }
        window.callEnded()
        guard let subscription else { return }
        subscription.noteWork()
        let verdicts = BulkDelivery.verdicts(answer, call)
        guard let policy = subscription.policy else {
            subscription.noteBulkCallEnded(call.note, answer, verdicts.map { EndedCall.Outcome($0) })
            for (slot, verdict) in zip(call.slots, verdicts) where subscription.engine.isRunning(slot) {
                subscription.conclude(slot, verdict)
            }
            return
        }
        let rulings = verdicts.map { PolicyRuling(answer, outcomes: policy.outcomes, entry: $0) }
        subscription.noteBulkCallEnded(call.note, answer, rulings.map { EndedCall.Outcome($0) })
        if case .failed = answer { subscription.noteTimeout(policy, began: call.note.began) }
        call.trial?.end(isSuccess: !rulings.contains(where: \.isFailure))
        for (slot, ruling) in zip(call.slots, rulings) where subscription.engine.isRunning(slot) {
            subscription.conclude(ruling, retryAfter: retryAfter, slot, policy)
        }
    }

    private static func verdicts(_ answer: AppAnswer, _ call: Call) -> [AppVerdict] {
        switch answer {
        case .failed(let reason): [AppVerdict](repeating: .retry(reason: reason, status: nil), count: call.slots.count)
        case .answered(let status, let body): BulkAnswer.verdicts(status: status, body: body, ids: call.ids)
        }
    }
}

extension BulkDelivery: Sleeper {
    func wake(_ token: UInt64) {
        wake = nil
        subscription?.noteWork()
    }
}
