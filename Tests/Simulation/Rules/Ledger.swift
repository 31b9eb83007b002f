import Delivery
import Messaging

/// Who keeps the books of one simulation: it is told what happens on both sides of the engine, and says which rule that breaks.
///
/// Its rules are written down a second time on purpose, from the documentation (docs/delivery.md) and not from the engine.
final class Ledger {
    let scenario: Scenario
    private(set) var handovers: [Handover] = []
    private(set) var sources: [SourceRecord] = []
    private(set) var violation: Violation?
    /// What holds for deliveries now; nil where there is no policy.
    var inbound: Scenario.Policy?
    /// What holds for publishes now, those to dead letter topics included.
    var outbound: Scenario.Policy?
    var now: () -> UInt64 = { 0 }
    /// Calls of this turn, to see at its end that what was before them in their lanes is settled.
    private var called: [Int] = []

    init(_ scenario: Scenario) {
        self.scenario = scenario
        inbound = scenario.inbound
        outbound = scenario.outbound
    }

    /// Notes the first rule that was broken; the simulation ends with it.
    func fail(_ invariant: Invariant, _ details: @autoclosure () -> String) {
        if violation == nil { violation = Violation(invariant: invariant, details: details()) }
    }

    func rules(_ source: Int) -> Scenario.Subscription { scenario.subscriptions[sources[source].index] }

    // MARK: Sources

    /// A subscription begins; the number that it has from now on.
    func begin(_ index: Int) -> Int {
        sources.append(SourceRecord(index: index, lanes: Array(repeating: [], count: scenario.keys + 1)))
        return sources.count - 1
    }

    func started(_ source: Int) { sources[source].isStarted = true }

    func ending(_ source: Int) {
        sources[source].isEnding = true
        for id in handovers.indices where handovers[id].source == source && handovers[id].isOpen {
            handovers[id].expectation = .any
        }
    }

    func suspended(_ source: Int) {
        sources[source].mayCall = false
        // Nobody waits for those that the app still has.
        sources[source].calls = 0
        sources[source].epoch += 1
        if sources[source].open != 0, sources[source].isStarted {
            fail(
                .accountsAgree,
                "subscription \(source) is suspended and has not given back \(sources[source].open) deliveries")
        }
    }

    func wentOn(_ source: Int) {
        sources[source].mayCall = true
        sources[source].isEnding = false
    }

    func ended(_ source: Int) {
        sources[source].mayCall = false
        sources[source].endedUnstarted = sources[source].endedUnstarted || !sources[source].isStarted
    }

    func cancelled(_ source: Int) {
        sources[source].isCancelled = true
        sources[source].mayCall = false
        guard sources[source].open != 0 else { return }
        fail(.accountsAgree, "subscription \(source) ended and has not given back \(sources[source].open) deliveries")
    }

    /// Nobody follows the attempts of what is on its way any more: policies changed.
    func loosen() {
        for id in handovers.indices where handovers[id].isOpen {
            handovers[id].isLoose = true
            handovers[id].expectation = .any
            handovers[id].earliest = 0
        }
    }

    // MARK: Deliveries

    /// The broker hands a message over; the number of the delivery.
    func handed(to source: Int, topic: Int, place: Int, event: Int, size: Int, key: Int, earlier: Int) -> Int {
        let id = handovers.count
        let lane: Int? =
            switch rules(source).order {
            case .none: nil
            case .topic: 0
            case .key: key == 0 ? nil : key
            }
        let retry = rules(source).rules?.retry ?? inbound?.retry
        handovers.append(
            Handover(
                source: source, topic: topic, place: place, event: event, size: size, lane: lane, failures: earlier,
                base: retry?.countsEarlierAttempts == true ? 0 : earlier, isLoose: isLoose(source)))
        sources[source].open += 1
        sources[source].openBytes += size
        if let lane { sources[source].lanes[lane].append(id) }
        if sources[source].isCancelled {
            fail(.nothingAfterEnd, "delivery \(id) reached subscription \(source) after its source was cancelled")
        }
        return id
    }

    /// Whether attempts cannot be followed: a breaker has a say, or a dead letter may be refused before the broker hears of it.
    private func isLoose(_ source: Int) -> Bool {
        if inbound?.breaker != nil { return true }
        guard rules(source).hasDeadLetter else { return false }
        return outbound?.breaker != nil || outbound?.timeout != nil
            || scenario.subscriptions.contains { $0.deadLetter == .unwritable }
    }

    func called(_ id: Int) {
        handovers[id].calls += 1
        handovers[id].atApp += 1
        let one = handovers[id]
        if !one.isOpen { return fail(.settledOnce, "the app is called with delivery \(id), which is settled") }
        if one.atApp > 1 { fail(.boundsKept, "delivery \(id) is at the app \(one.atApp) times at once") }
        switch one.fate {
        case .none: break
        default: fail(.settledOnce, "the app is called with delivery \(id), which was \(one.fate)")
        }
        if one.lane != nil { called.append(id) }
        if now() < one.earliest {
            fail(.scheduleKept, "delivery \(id) is tried \((one.earliest - now()) / 1_000_000) ms too early")
        }
        switch one.expectation {
        case .deadLetter: fail(.scheduleKept, "delivery \(id) is tried again after its policy gave up")
        case .release: fail(.scheduleKept, "delivery \(id) is tried again where nothing may be")
        case .call, .any: break
        }
        if one.runStart == nil { handovers[id].runStart = now() }
    }

    /// The engine hears how a call ended.
    func answered(_ id: Int, _ meaning: Meaning, retryAfter: Int?) {
        handovers[id].atApp -= 1
        guard handovers[id].isOpen else { return }
        let source = handovers[id].source
        switch meaning {
        case .success:
            handovers[id].fate = .delivered
            sources[source].delivered += 1
        case .drop(isFinal: let isFinal):
            if isFinal || !rules(source).hasDeadLetter {
                handovers[id].fate = .dropped
            } else {
                handovers[id].expectation = .deadLetter
            }
        case .deadLetter: handovers[id].expectation = .deadLetter
        case .failure(let code): failed(id, code, retryAfter: retryAfter)
        }
    }

    // MARK: The dead letter topic

    func deadLetterBegun(_ id: Int, _ kind: EventKind) {
        let one = handovers[id]
        guard one.isOpen, !sources[one.source].isEnding else { return }
        if !rules(one.source).hasDeadLetter {
            fail(.scheduleKept, "delivery \(id) has no dead letter topic and is written to one")
        }
        guard kind == .plain, !one.isLoose, one.expectation == .call else {
            handovers[id].expectation = .any
            return
        }
        fail(.scheduleKept, "delivery \(id) is dead-lettered after \(one.calls) calls, before its policy gave up")
    }

    /// What the broker said of it.
    func deadLetterEnded(_ id: Int, isStored: Bool) {
        guard handovers[id].isOpen else { return }
        if isStored {
            handovers[id].fate = .deadLettered
        } else {
            // Later attempts go there too; how many there were is no matter of the policy for calls.
            handovers[id].isLoose = true
            handovers[id].expectation = .any
        }
    }

    // MARK: Settlements

    /// The engine settles. `kind` says whether the event may leave without a call, because of what it is.
    func settled(_ id: Int, by source: Int, isAcknowledged: Bool, attempts: Int, kind: EventKind) {
        guard id < handovers.count, handovers[id].source == source else {
            return fail(.settledOnce, "subscription \(source) settles delivery \(id), which it never got")
        }
        let one = handovers[id]
        guard one.isOpen else { return fail(.settledOnce, "delivery \(id) is settled a second time") }
        if sources[source].isCancelled {
            fail(.nothingAfterEnd, "delivery \(id) is settled after its source was cancelled")
        }
        close(id)
        if isAcknowledged {
            acknowledged(id, one, kind)
        } else if one.fate == .delivered || one.fate == .dropped, !sources[source].endedUnstarted {
            fail(.accountsAgree, "delivery \(id) is given back although it was \(one.fate)")
        } else {
            released(id, one, attempts, kind)
        }
    }

    private func close(_ id: Int) {
        let one = handovers[id]
        handovers[id].isOpen = false
        sources[one.source].open -= 1
        sources[one.source].openBytes -= one.size
        guard let lane = one.lane, let place = sources[one.source].lanes[lane].firstIndex(of: id) else { return }
        sources[one.source].lanes[lane].remove(at: place)
    }

    private func acknowledged(_ id: Int, _ one: Handover, _ kind: EventKind) {
        switch one.fate {
        case .delivered, .dropped: break
        case .deadLettered: sources[one.source].deadLettered += 1
        case .none:
            let hasDeadLetter = rules(one.source).hasDeadLetter
            if kind == .leaves, one.calls == 0, !hasDeadLetter { return }
            fail(
                .nothingLost,
                "delivery \(id) is acknowledged, and nobody took it (\(one.calls) calls, \(one.failures) failures)")
        }
    }

    private func released(_ id: Int, _ one: Handover, _ attempts: Int, _ kind: EventKind) {
        if !scenario.isDurable { sources[one.source].releasedForGood += 1 }
        guard scenario.isDurable, !sources[one.source].isEnding, sources[one.source].mayCall else {
            if !one.isLoose, !sources[one.source].endedUnstarted, one.calls > 0, one.fate == .none,
                attempts != one.failures
            {
                fail(
                    .scheduleKept,
                    "delivery \(id) is given back after \(attempts) failures, and there were \(one.failures)")
            }
            let mayGo = one.isLoose || kind == .malformed || one.expectation != .call || sources[one.source].isEnding
            if !mayGo, sources[one.source].mayCall {
                fail(.scheduleKept, "delivery \(id) is lost before its policy gave up")
            }
            return
        }
        fail(.scheduleKept, "delivery \(id) is given back by a subscription that goes on")
    }
}

// MARK: The end of a step

extension Ledger {
    /// What has to hold once the engine has done what it collected.
    func check(_ source: Int, _ subscription: Subscription) {
        let record = sources[source]
        // What is settled before that is told at once when it knows its source.
        guard record.isStarted else { return }
        let bounds = rules(source).bounds
        if subscription.inFlight != record.open {
            fail(
                .accountsAgree,
                "subscription \(source) counts \(subscription.inFlight) events, and \(record.open) are not settled")
        }
        if subscription.bytesInFlight != record.openBytes {
            fail(
                .accountsAgree,
                "subscription \(source) counts \(subscription.bytesInFlight) bytes of \(record.openBytes)")
        }
        if record.open > bounds.events {
            fail(.boundsKept, "subscription \(source) holds \(record.open) of \(bounds.events) events")
        }
        let concurrency = scenario.isDurable ? min(bounds.concurrency, bounds.events) : 1
        if record.calls > concurrency {
            fail(.boundsKept, "subscription \(source) has \(record.calls) calls at the app, \(concurrency) may be")
        }
        let isAtWork = subscription.running > 0 || subscription.waiting > 0
        if record.open > 0, !isAtWork, !record.isEnding, rules(source).rules?.callsPerSecond == nil {
            fail(.nothingStanding, "subscription \(source) holds \(record.open) events, and does nothing about them")
        }
        let counts = subscription.counts
        if counts.delivered != record.delivered {
            fail(.accountsAgree, "subscription \(source) counts \(counts.delivered) deliveries of \(record.delivered)")
        }
        if counts.deadLettered != record.deadLettered {
            fail(
                .accountsAgree,
                "subscription \(source) counts \(counts.deadLettered) dead letters of \(record.deadLettered)")
        }
        if counts.lost != record.releasedForGood {
            fail(
                .nothingLost,
                "subscription \(source) tells of \(counts.lost) lost events, and \(record.releasedForGood) were given back to a broker that keeps nothing"
            )
        }
    }

    /// Whatever was before a call in its lane is settled by now.
    func checkOrder() {
        for id in called {
            let one = handovers[id]
            guard sources[one.source].isStarted, let lane = one.lane, let first = sources[one.source].lanes[lane].first,
                first < id
            else { continue }
            fail(.orderKept, "the app is called with delivery \(id) while delivery \(first) of its lane is not settled")
        }
        called.removeAll(keepingCapacity: true)
    }

    /// A call to the app began.
    func callBegun(_ source: Int, events: Int) {
        sources[source].calls += 1
        if !sources[source].mayCall {
            fail(.nothingAfterEnd, "the app is called for subscription \(source), which has ended or is suspended")
        }
        guard let rate = rules(source).rules?.callsPerSecond else { return }
        for _ in 0..<events { sources[source].begun.append(now()) }
        let second: UInt64 = 1_000_000_000
        let recent = sources[source].begun.filter { $0 + second > now() }
        sources[source].begun = recent
        // A bucket of one second and what comes into it meanwhile. In bulk the events of several seconds go together, and at the bound of all
        // calls they wait.
        let most = Int(max(rate, 1) + rate) + 1
        if rules(source).bulk == nil, scenario.appLimit == nil, recent.count > most {
            fail(.boundsKept, "subscription \(source) made \(recent.count) calls within a second, \(most) may be")
        }
    }

    func callEnded(_ source: Int, epoch: Int) {
        if sources[source].epoch == epoch { sources[source].calls -= 1 }
    }

    /// Changes a delivery; for the rules about attempts.
    func change(_ id: Int, _ body: (inout Handover) -> Void) { body(&handovers[id]) }
}
