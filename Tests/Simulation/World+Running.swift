import Messaging

/// What happens to the world from outside, and in which order.
extension World {
    /// A load with faults, then a time without, in which everything has to be settled.
    func run() {
        var moments: [(at: Int, action: Action)] = []
        let bursts = (0..<4).map { _ in dice.below(scenario.duration) }
        func moment() -> Int {
            dice.chance(500)
                ? min(dice.pick(bursts) + dice.below(300), scenario.duration) : dice.below(scenario.duration)
        }
        for _ in 0..<scenario.events { moments.append((moment(), .publish(dice.below(scenario.topics)))) }
        for _ in 0..<scenario.disturbances { moments.append((moment(), Action.drawn(dice, scenario))) }
        // Sorting is stable only by accident: the number decides between equals.
        let order = moments.indices.sorted { (moments[$0].at, $0) < (moments[$1].at, $1) }
        var past = 0
        for index in order {
            guard advance(milliseconds: moments[index].at - past) else { return }
            past = moments[index].at
            moments[index].action.happen(in: self)
            clock.runTurn()
            guard check() else { return }
        }
        guard advance(milliseconds: scenario.duration - past) else { return }
        heal()
    }

    // MARK: Healing

    /// The longest that anything may wait once nothing fails any more: an hour that an app asked for, the longest wait of a policy and of a
    /// broken connection twice, and what a rate leaves of the load.
    private var patience: Int {
        let rate = scenario.subscriptions.compactMap { $0.rules?.callsPerSecond }.min() ?? 1000
        return 3_600_000 + 2 * 1_200_000 + Int(Double(2 * handed * 1000) / rate)
    }

    private var handed: Int { ledger.handovers.count + scenario.events }

    private func heal() {
        note(.healed)
        faults = Faults()
        profile = .well
        isDeadLetterWritable = true
        app.restart()
        app.endHanging()
        // Whatever the broker would never have answered ends with its connection.
        if scenario.faults.publishSilent > 0 { sidecar.pubSub.lose() }
        clock.runTurn()
        if sidecar.isOver {
            startSidecar()
        }
        sidecar.followHealth(isWell: true)
        var left = patience
        while !isSettled {
            guard left > 0 else { return ledger.fail(.nothingStanding, standing) }
            let step = min(left, 60_000)
            guard advance(milliseconds: step) else { return }
            left -= step
            if sidecar.isOver { startSidecar() }
        }
        end()
    }

    private var isSettled: Bool {
        sidecar.isIdle && app.busy == 0 && topics.allSatisfy { $0.outstanding == 0 || !isRead($0) }
            && sidecar.running.allSatisfy { $0.subscription.inFlight == 0 }
            && (sidecar.isOver || sidecar.running.count == scenario.subscriptions.count)
    }

    private func isRead(_ topic: SimulatedTopic) -> Bool {
        scenario.subscriptions.contains { $0.topic == topic.number }
    }

    private var standing: String {
        var parts: [String] = []
        if !sidecar.isIdle { parts.append("the control plane is at work") }
        if app.busy > 0 { parts.append("\(app.busy) calls are at the app") }
        for topic in topics where topic.outstanding > 0 && isRead(topic) {
            parts.append(
                "\(topic.outstanding) events of topic \(topic.number) are not settled, \(topic.waiting.count) of them wait at the broker"
            )
        }
        for one in sidecar.running where one.subscription.inFlight > 0 {
            parts.append(
                "subscription \(one.source) holds \(one.subscription.inFlight) events, \(one.subscription.running) at work, \(one.subscription.waiting) waiting"
            )
        }
        if sidecar.running.count != scenario.subscriptions.count {
            parts.append("\(sidecar.running.count) subscriptions run")
        }
        return parts.joined(separator: "; ")
    }

    /// The sidecar ends; then nothing may be left of it, not even a wake-up.
    private func end() {
        for event in publishes.indices where publishes[event].isConfirmed && scenario.isDurable {
            let topic = topics[publishes[event].topic]
            if !topic.entries.contains(where: { $0.event == event && $0.state == .acknowledged }) {
                return ledger.fail(.nothingLost, "event \(event) was confirmed and is not settled")
            }
        }
        sidecar.shutDown()
        // Longer than any wake-up that is left to end by itself: paces, breakers, timeouts of publishes.
        guard advance(milliseconds: 4_000_000) else { return }
        if !sidecar.isOver { return ledger.fail(.nothingStanding, "the sidecar does not end") }
        if clock.pendingWakes > 0 {
            return ledger.fail(.nothingStanding, "\(clock.pendingWakes) wake-ups are pending after the end")
        }
        for event in publishes.indices where !publishes[event].isTold && !publishes[event].isForgotten {
            return ledger.fail(.publisherTold, "the publish of event \(event) never ended")
        }
        note(.ended)
    }
}
