package import Events
package import Messaging

/// One subscription at work: it takes messages from its source, brings each to the app, and settles it, exactly once.
///
/// Confined to the home shard of its component. Per event it is a handful of synchronous calls: `take` (from the adapter), `answered`
/// (from the app), and at the turn's end one `settle` to the source for everything that was decided in the turn.
package final class Subscription {
    package let plan: SubscriptionPlan
    package let broker: Broker
    let scheduler: any Scheduler
    let destination: any Destination
    let observer: any DeliveryObserver
    let wantsCalls: Bool
    let tracer: Tracer
    let writer: EnvelopeWriter
    let schedule = RetrySchedule()
    /// `SubscriptionBounds.callLimit` in nanoseconds: `Duration` costs a division each time.
    let callLimit: UInt64?
    /// Its own rules and the component's inbound policy; nil where there is neither. The next attempt reads it.
    private(set) var policy: DeliveryPolicy?
    var pacing: CallPacing?
    /// Where events wait for others; nil where each goes alone.
    let bulk: BulkDelivery?

    var engine: LaneEngine
    var flights: [Flight?] = []
    package internal(set) var bytesInFlight = 0
    private var source: (any TopicSource)?
    /// Where the broker itself keeps what failed; nil where the runtime does.
    private(set) var deadLetterPlace: String?
    private var settled = SettledBatch()
    private var isDue = false
    private var isStarved = false
    private(set) var isEnding = false
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []

    package init(
        plan: SubscriptionPlan, broker: Broker, destination: any Destination, scheduler: any Scheduler,
        observer: any DeliveryObserver, tracer: Tracer, writer: EnvelopeWriter
    ) {
        self.plan = plan
        self.broker = broker
        self.destination = destination
        self.scheduler = scheduler
        self.observer = observer
        wantsCalls = observer.wantsCalls
        self.tracer = tracer
        self.writer = writer
        callLimit = plan.bounds.callLimit?.wholeNanoseconds
        let isSerial = broker.capabilities.contains(.serial)
        let concurrency = isSerial ? 1 : min(plan.bounds.concurrency, plan.bounds.events)
        bulk = plan.bulk.map { settings in
            BulkDelivery(
                .init(
                    count: min(settings.maximumCount, plan.bounds.events), wait: settings.wait, calls: concurrency))
        }
        // In bulk delivery the bound holds for calls: events that wait for others are counted by the engine as being at the app.
        engine = LaneEngine(
            capacity: plan.bounds.events, concurrency: bulk == nil || isSerial ? concurrency : plan.bounds.events)
        pacing = plan.rules?.callsPerSecond.map { CallPacing(perSecond: $0) }
        applyPolicy()
    }

    /// Reads the inbound policy of its component anew; events on their way keep the attempts they had.
    package func applyPolicy() {
        policy = DeliveryPolicy(rules: plan.rules, inbound: broker.inbound)
        if let inbound = broker.inbound { inbound.observer?.applied(inbound) }
    }

    /// What it has done so far.
    package internal(set) var counts = DeliveryCounts()
    /// Events at the app or in a write to the dead letter topic.
    package var running: Int { engine.running }
    /// Events between broker and settlement.
    package var inFlight: Int { engine.count }
    /// Events that wait for their next attempt.
    package var waiting: Int { engine.waiting }

    /// Events that the broker holds for its group, as the broker says when it is asked; nil where it does not know.
    package func lag() async -> Int? { await source?.lag() }

    // MARK: Life

    /// Subscribes at the broker; from then on messages come.
    package func start() async throws(ComponentError) {
        let request = SubscriptionRequest(topic: broker.topicPrefix + plan.topic, metadata: plan.metadata)
        let source = try await broker.adapter.subscribe(request, into: self)
        self.source = source
        deadLetterPlace = source.deadLetterPlace
        noteWork()
    }

    /// Stops taking messages and waits until no event is at the app, or until the limit.
    package func drain(limit: Duration) async {
        isEnding = true
        source?.pause()
        if let bulk {
            bulk.flush()
            noteWork()
        }
        guard engine.running > 0 else { return }
        let wake = scheduler.wake(at: scheduler.now + limit, self, token: Subscription.drainToken)
        await withCheckedContinuation { idleWaiters.append($0) }
        scheduler.cancel(wake)
    }

    /// Drains, and gives back what waits for another attempt; the place at the broker is kept for `goOn()`.
    package func suspend(limit: Duration) async {
        await drain(limit: limit)
        bulk?.suspend(scheduler)
        for slot in engine.evict() { release(slot) }
        settleNow()
    }

    /// Takes messages again after `suspend`.
    package func goOn() {
        isEnding = false
        bulk?.goOn()
        source?.resume()
        noteWork()
    }

    /// Ends the subscription: what is not settled stays with the broker. Call `drain` first to let the app finish.
    package func stop() async {
        isEnding = true
        source?.pause()
        bulk?.cancel(scheduler)
        for slot in engine.evict() { release(slot) }
        settleNow()
        await source?.cancel()
        source = nil
    }

    // MARK: The engine's turn

    /// Has `turnEnded` called at the end of this turn.
    func noteWork() {
        guard !isDue else { return }
        isDue = true
        scheduler.atTurnEnd(self)
    }

    /// Starts every event that may go now.
    func pump() {
        if pacing != nil { return pumpPaced() }
        while !isEnding, let slot = engine.start() { begin(slot) }
    }

    // MARK: Settling

    func acknowledge(_ slot: LaneEngine.Slot) {
        guard let flight = takeFlight(slot) else { return }
        flight.received.acknowledge(in: &settled)
        broker.spareFlights.put(flight)
        engine.finish(slot)
        noteWork()
    }

    /// Gives an event back that was at the app or waited.
    func giveBack(_ slot: LaneEngine.Slot) {
        guard let flight = takeFlight(slot) else { return }
        flight.received.release(in: &settled, attempts: flight.failures)
        engine.finish(slot)
        noteWork()
    }

    /// Leaves an event that failed to the broker, which has a place for such.
    func reject(_ slot: LaneEngine.Slot) {
        guard let flight = takeFlight(slot) else { return }
        counts.deadLettered += 1
        observer.deadLettered(self, eventID: flight.eventID, topic: deadLetterPlace ?? "")
        flight.received.reject(in: &settled)
        engine.finish(slot)
        noteWork()
    }

    /// Gives an event back whose slot the engine has freed already.
    private func release(_ slot: LaneEngine.Slot) {
        guard let flight = takeFlight(slot) else { return }
        if !broker.isDurable {
            counts.lost += 1
            observer.lost(self, eventID: flight.eventID, reason: "the subscription ended before it was delivered")
        }
        flight.received.release(in: &settled, attempts: flight.failures)
    }

    private func takeFlight(_ slot: LaneEngine.Slot) -> Flight? {
        guard let flight = flights[Int(slot.index)].take() else { return nil }
        bytesInFlight -= flight.received.size
        scheduler.cancel(flight.wake)
        flight.run?.trial?.withdraw()
        return flight
    }

    private func settleNow() {
        guard !settled.isEmpty, let source else { return }
        var batch = SettledBatch()
        swap(&batch, &settled)
        source.settle(batch)
    }

    private func resumeIdleWaiters() {
        let waiters = idleWaiters
        idleWaiters = []
        for waiter in waiters { waiter.resume() }
    }
}

extension Subscription: Inlet {
    package var credit: Credit {
        guard !isEnding else { return Credit(events: 0, bytes: 0) }
        let credit = Credit(
            events: engine.capacity - engine.count, bytes: max(plan.bounds.bytes - bytesInFlight, 0))
        if !credit.isOpen { isStarved = true }
        return credit
    }

    /// Which events this one waits for; nil where it waits for none.
    private func laneKey(of received: ReceivedMessage) -> UInt64? {
        if let rules = plan.rules {
            if rules.order == .topic { return 0 }
            if rules.order == .none { return nil }
        }
        return received.message.key.isEmpty ? nil : LaneKey.hash(received.message.key)
    }

    /// A new flight, or one that is over and that nobody else holds.
    private func flight(for message: ReceivedMessage) -> Flight {
        guard let spare = broker.spareFlights.take() else { return Flight(message, arrived: scheduler.now) }
        spare.begin(message, arrived: scheduler.now)
        return spare
    }

    package func take(_ messages: [ReceivedMessage]) {
        for message in messages {
            guard let slot = engine.submit(laneKey: laneKey(of: message)) else {
                preconditionFailure("a source handed over more than its credit")
            }
            while flights.count <= Int(slot.index) { flights.append(nil) }
            flights[Int(slot.index)] = flight(for: message)
            bytesInFlight += message.size
        }
        noteWork()
    }

    package func recall(_ isRecalled: (Position) -> Bool) {
        for index in flights.indices {
            guard let flight = flights[index], let position = flight.received.position, isRecalled(position),
                let slot = engine.slot(at: index)
            else { continue }
            // What is queued finds out when its turn comes, which the next line may bring about.
            flight.isRecalled = true
            if engine.isWaiting(slot) { giveBack(slot) }
        }
    }
}

extension Subscription: TurnParticipant {
    package func turnEnded() {
        isDue = false
        pump()
        bulk?.dispatch(for: self)
        settleNow()
        if engine.running == 0, !idleWaiters.isEmpty { resumeIdleWaiters() }
        // Half of the bound, so that a full window is not refilled one by one.
        // A source that is not known yet, though it hands over already, is told once it is.
        guard isStarved, !isEnding, let source else { return }
        if engine.count <= engine.capacity / 2, bytesInFlight <= plan.bounds.bytes / 2 {
            isStarved = false
            source.creditReturned()
        }
    }
}

extension Subscription: Sleeper {
    static let drainToken = UInt64.max

    package func wake(_ token: UInt64) {
        if token == Subscription.drainToken { return resumeIdleWaiters() }
        if token == Subscription.paceToken { return paceReturned() }
        let slot = LaneEngine.Slot(token: token)
        if engine.due(slot) { noteWork() }
    }
}
