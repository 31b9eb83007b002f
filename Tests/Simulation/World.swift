import Delivery
import Messaging
import MessagingTesting

/// One simulation while it runs: the broker's topics, the app, the sidecar of the moment, the clock, the dice, and the books.
///
/// Everything in it is on one thread, and everything that differs between two seeds comes from the dice.
final class World {
    /// What a publisher knows of one event.
    struct Publish {
        let topic: Int
        let kind: EventKind
        let expiration: Int64?
        let isPoison: Bool
        let isOther: Bool
        let key: Int
        let body: [UInt8]
        var isTold = false
        var isConfirmed = false
        /// The publisher was told that it is not stored and will not be.
        var isRefused = false
        var isStored = false
        /// Attempts that the broker saw, and when the latest began.
        var attempts = 0
        var attempted = Instant(nanoseconds: 0)
        /// Its sidecar was killed before it could answer.
        var isForgotten = false
    }

    let scenario: Scenario
    let bug: PlantedBug?
    let clock = ManualScheduler()
    let dice: Dice
    let executor: SimulatedExecutor
    let ledger: Ledger
    let topics: [SimulatedTopic]
    let observer = SimulatedObserver()
    private(set) var history = History()
    private(set) lazy var app = SimulatedApp(self)
    private var present: (sidecar: SimulatedSidecar, publisher: SimulatedPublisher)?
    private(set) var publishes: [Publish] = []
    private var sidecars = 0
    private var hasNewPolicies = false
    /// Whether publishes were held while a component was made anew.
    var hasHeld = false

    var faults: Faults
    var profile: AppProfile
    var isDeadLetterWritable = false
    var inbound: Scenario.Policy?
    var outbound: Scenario.Policy?

    init(seed: UInt64, bug: PlantedBug?) {
        dice = Dice(seed: seed)
        scenario = Scenario(seed: seed, dice)
        self.bug = bug
        executor = SimulatedExecutor(clock)
        ledger = Ledger(scenario)
        topics = (0...scenario.deadLetterTopic).map { SimulatedTopic($0) }
        faults = scenario.faults
        profile = scenario.app
        (inbound, outbound) = (scenario.inbound, scenario.outbound)
        isDeadLetterWritable = !scenario.subscriptions.contains { $0.deadLetter == .unwritable }
        ledger.now = { [clock] in clock.now.nanoseconds }
        startSidecar()
    }

    /// Takes apart what holds on to each other.
    func dispose() { present = nil }

    /// The process of the moment.
    var sidecar: SimulatedSidecar {
        guard let present else { preconditionFailure("a world that is over has no sidecar") }
        return present.sidecar
    }

    func note(_ kind: History.Kind, _ first: Int = 0, _ second: Int = 0, _ third: Int = 0, text: String = "") {
        history.note(kind, at: clock.now, (first, second, third, 0), text: text)
    }

    func startSidecar() {
        note(.started)
        present = (SimulatedSidecar(self, number: sidecars), SimulatedPublisher(self))
        sidecars += 1
    }

    /// The former sidecar is gone, or its end is waited for.
    func startAgain() {
        if sidecar.isOver { return startSidecar() }
        if sidecar.isDead { later(10_000) { $0.startAgain() } }
    }

    func killSidecar() {
        sidecar.kill()
        present?.publisher.isForgotten = true
        for event in publishes.indices where !publishes[event].isTold { publishes[event].isForgotten = true }
    }

    /// The Resiliency resources change.
    func changePolicies() {
        note(.newPolicies)
        hasNewPolicies = true
        inbound = dice.chance(700) ? Scenario.policy(dice, isInbound: true) : nil
        outbound = dice.chance(400) ? Scenario.policy(dice, isInbound: false) : nil
        (ledger.inbound, ledger.outbound) = (inbound, outbound)
        ledger.loosen()
        sidecar.applyPolicies()
    }

    /// Has something happen later.
    func later(_ milliseconds: Int, _ body: @escaping (World) -> Void) {
        _ = clock.wake(at: clock.now + .milliseconds(milliseconds), Later(self, body), token: 0)
    }

    // MARK: Steps

    /// Moves the time, and looks at the rules after every wake-up on the way. False where one was broken.
    func advance(milliseconds: Int) -> Bool {
        let end = clock.now + .milliseconds(milliseconds)
        while ledger.violation == nil, let next = clock.nextWake, next <= end {
            clock.advance(by: next.elapsed(since: clock.now))
            check()
        }
        guard ledger.violation == nil else { return false }
        clock.advance(by: end.elapsed(since: clock.now))
        return check()
    }

    @discardableResult
    func check() -> Bool {
        ledger.checkOrder()
        for one in sidecar.running { ledger.check(one.source, one.subscription) }
        return ledger.violation == nil
    }

    // MARK: Publishing

    func publish(topic: Int) {
        guard let (sidecar, publisher) = present, !sidecar.isOver else { return }
        let rules = scenario.subscriptions[topic]
        let number = publishes.count
        let hasReader = scenario.subscriptions.contains { $0.topic == scenario.deadLetterTopic }
        let mayBeMalformed = !scenario.isDurable || (rules.hasDeadLetter && !hasReader)
        let key = scenario.keys == 0 ? 0 : dice.below(scenario.keys + 1)
        let isMalformed = mayBeMalformed && dice.chance(faults.malformed)
        let isOther = !isMalformed && dice.chance(faults.otherType)
        var expiration: Int64?
        if !isMalformed, dice.chance(faults.expiring) {
            // Whole seconds, as they are written.
            expiration = (clock.wallClock / 1_000_000_000 + Int64(dice.from(0...120))) * 1_000_000_000
        }
        var text = "{\"id\":\"\(number)\",\"type\":\"\(isOther ? "other" : "order")\""
        if let expiration { text += ",\"expiration\":\"\(RFC3339Text.of(expiration))\"" }
        if !isMalformed { text += "}" }
        publishes.append(
            Publish(
                topic: topic,
                kind: isMalformed ? .malformed : isOther && rules.routing == .nowhere ? .leaves : .plain,
                expiration: expiration, isPoison: dice.chance(faults.poison), isOther: isOther, key: key,
                body: Array(text.utf8)))
        note(.published, number, topic)
        sidecar.broker.enqueue(
            PublishEntry(
                topic: Scenario.name(ofTopic: topic), body: publishes[number].body,
                metadata: Metadata([("event", String(number))]), key: key == 0 ? [] : Array("key-\(key)".utf8),
                completion: publisher, token: UInt64(number)))
    }

    /// One attempt to publish reaches the broker.
    func publishBegun(_ event: Int) {
        publishes[event].attempts += 1
        let publish = publishes[event]
        // Where the outcome was unknown, an attempt may still have been on its way.
        if publish.isConfirmed || publish.isRefused {
            ledger.fail(.publisherTold, "event \(event) is published again after its publisher was told")
        }
        publishes[event].attempted = clock.now
        guard !hasNewPolicies else { return }
        let retry = outbound?.retry
        if publish.attempts > 1 + (retry?.retries ?? (retry == nil ? 0 : .max - 1)) {
            ledger.fail(.scheduleKept, "event \(event) is published in \(publish.attempts) attempts")
        }
        // What was held for a new component reaches the broker later than its attempt began.
        guard !hasHeld, publish.attempts > 1, case .constant(let wait)? = retry?.spacing else { return }
        if clock.now < publish.attempted + wait {
            ledger.fail(.scheduleKept, "event \(event) is published again too early")
        }
    }

    func published(_ event: Int, _ outcome: PublishOutcome) {
        if publishes[event].isTold { ledger.fail(.publisherTold, "the publish of event \(event) ended twice") }
        publishes[event].isTold = true
        note(.confirmed, event, World.number(outcome))
        if case .failed(let error) = outcome, error.outcome == .notSent {
            publishes[event].isRefused = true
            if publishes[event].isStored {
                ledger.fail(.publisherTold, "event \(event) is refused, and the broker has it")
            }
        }
        guard case .stored = outcome else { return }
        publishes[event].isConfirmed = true
        if !publishes[event].isStored {
            ledger.fail(.publisherTold, "event \(event) is confirmed, and the broker never saw it")
        }
    }

    private static func number(_ outcome: PublishOutcome) -> Int {
        switch outcome {
        case .stored: 0
        case .failed(let error): error.outcome == .notSent ? 1 : 2
        }
    }

    /// The broker stores what was published.
    func store(_ entry: PublishEntry) {
        let topic = topics[topicNumber(entry.topic)]
        let event = entry.metadata["event"].flatMap { Int($0) } ?? -1
        let isDead = topic.number == scenario.deadLetterTopic
        let isRead = scenario.subscriptions.contains { $0.topic == topic.number }
        publishes[event].isStored = publishes[event].isStored || !isDead
        var metadata = entry.metadata
        metadata["delivery"] = nil
        let publish = publishes[event]
        topic.store(
            SimulatedTopic.Entry(
                event: event, kind: isDead && publish.kind == .leaves ? .plain : publish.kind,
                expiration: publish.expiration, isPoison: publish.isPoison, body: entry.body, metadata: metadata,
                key: entry.key, keyNumber: publish.key),
            isTaken: isRead && (scenario.isDurable || sidecar.pubSub.isTaken(topic)))
    }

    func topicNumber(_ name: String) -> Int {
        for number in topics.indices where Scenario.name(ofTopic: number) == name { return number }
        ledger.fail(.bytesKept, "something is published to \(name), which nobody asked for")
        return 0
    }

    // MARK: What the seam's both sides tell

    private func entry(_ delivery: Int) -> SimulatedTopic.Entry {
        let handover = ledger.handovers[delivery]
        return topics[handover.topic].entries[handover.place]
    }

    func isPoisoned(_ delivery: Int) -> Bool { faults.poison > 0 && entry(delivery).isPoison }

    func called(_ delivery: Int, in call: Int, with request: AppCall) {
        guard ledger.handovers.indices.contains(delivery) else {
            return ledger.fail(.bytesKept, "the app is called with a delivery that nobody made")
        }
        note(.called, ledger.handovers[delivery].source, delivery, ledger.handovers[delivery].event, call)
        ledger.called(delivery)
        let handover = ledger.handovers[delivery]
        let isApart = publishes[handover.event].isOther && ledger.rules(handover.source).routing == .apart
        if request.target.contains(0x6F) != isApart {
            ledger.fail(.bytesKept, "delivery \(delivery) goes to the path of other events")
        }
        if !request.isBulk, request.body != entry(delivery).body {
            ledger.fail(.bytesKept, "delivery \(delivery) has other bytes than its event")
        }
    }

    private func note(_ kind: History.Kind, _ first: Int, _ second: Int, _ third: Int, _ fourth: Int) {
        history.note(kind, at: clock.now, (first, second, third, fourth), text: "")
    }

    /// A call has the deadline that is configured.
    func checkDeadline(_ deadline: Instant?, of source: Int) {
        // A call that waits keeps the deadline of its policy, which is a former one perhaps.
        guard scenario.appLimit == nil || !hasNewPolicies else { return }
        let rules = ledger.rules(source)
        let limit = rules.rules?.deadline ?? inbound?.timeout ?? rules.bounds.callLimit
        guard limit.map({ clock.now + $0 }) != deadline else { return }
        ledger.fail(
            .boundsKept, "a call of subscription \(source) has another deadline than \(limit.map { "\($0)" } ?? "none")"
        )
    }

    func settled(_ delivery: Int, by source: Int, isAcknowledged: Bool, attempts: Int) {
        note(isAcknowledged ? .acknowledged : .released, source, delivery, attempts)
        guard ledger.handovers.indices.contains(delivery) else {
            return ledger.fail(.settledOnce, "a delivery is settled that nobody made")
        }
        let entry = entry(delivery)
        var kind = entry.kind
        if let expiration = entry.expiration, expiration < clock.wallClock { kind = .leaves }
        ledger.settled(delivery, by: source, isAcknowledged: isAcknowledged, attempts: attempts, kind: kind)
    }

    func deadLetterBegun(_ delivery: Int, _ publish: PublishEntry) {
        let entry = entry(delivery)
        note(.deadLettered, ledger.handovers[delivery].source, delivery)
        ledger.deadLetterBegun(delivery, entry.expiration != nil ? .leaves : entry.kind)
        if publish.body != entry.body || publish.key != entry.key || publish.metadata["event"] != String(entry.event) {
            ledger.fail(.bytesKept, "the dead letter of delivery \(delivery) has other bytes than its event")
        }
        if publish.topic != Scenario.name(ofTopic: scenario.deadLetterTopic) {
            ledger.fail(.bytesKept, "the dead letter of delivery \(delivery) goes to \(publish.topic)")
        }
    }

    func deadLetterEnded(_ delivery: Int, _ outcome: PublishOutcome) {
        note(.deadLetterEnded, delivery, World.number(outcome))
        if case .stored = outcome { return ledger.deadLetterEnded(delivery, isStored: true) }
        ledger.deadLetterEnded(delivery, isStored: false)
    }
}

private final class Later: Sleeper {
    private let world: World
    private let body: (World) -> Void

    init(_ world: World, _ body: @escaping (World) -> Void) {
        self.world = world
        self.body = body
    }

    func wake(_ token: UInt64) { body(world) }
}
