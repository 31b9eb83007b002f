import Delivery
import Messaging

extension Scenario {
    /// Draws everything.
    init(seed: UInt64, _ dice: Dice) {
        self.seed = seed
        isDurable = dice.chance(850)
        isShared = isDurable && dice.chance(500)
        events = dice.from(10...90)
        keys = dice.from(0...4)
        duration = dice.milliseconds(60_000...6 * 3_600_000)
        disturbances = dice.chance(850) ? dice.from(0...20) : 0
        if dice.chance(400) { favourite = dice.below(Action.count) }
        if dice.chance(350) { appLimit = dice.from(1...6) }
        if dice.chance(400) { inbound = Scenario.policy(dice, isInbound: true) }
        if dice.chance(250) { outbound = Scenario.policy(dice, isInbound: false) }
        for topic in 0..<dice.from(1...2) { subscriptions.append(subscription(topic, dice)) }
        if subscriptions.contains(where: \.hasDeadLetter), dice.chance(500) {
            var reader = Subscription(topic: deadLetterTopic)
            reader.bounds = Scenario.bounds(isDurable, dice)
            subscriptions.append(reader)
        }
        faults = Faults(dice)
        app = AppProfile(dice)
    }

    private func subscription(_ topic: Int, _ dice: Dice) -> Subscription {
        var made = Subscription(topic: topic)
        made.deadLetter = dice.pick(weighted: [(45, .none), (40, .topic), (8, .unwritable), (7, .itself)])
        made.bounds = Scenario.bounds(isDurable, dice)
        if dice.chance(200) { made.routing = made.hasDeadLetter && dice.chance(500) ? .nowhere : .apart }
        if dice.chance(300) {
            made.bulk = BulkSettings(maximumCount: dice.from(1...12), wait: .milliseconds(dice.milliseconds(1...5000)))
        }
        if dice.chance(500) {
            made.rules = Scenario.rules(hasDeadLetter: made.hasDeadLetter, dice)
            if dice.chance(300) { made.bounds.concurrency = dice.from(1...20) }
        }
        return made
    }

    private static func bounds(_ isDurable: Bool, _ dice: Dice) -> SubscriptionBounds {
        var bounds = SubscriptionBounds()
        bounds.events = dice.pick([1, 2, 3, 5, 8, 20, 2048])
        bounds.bytes = dice.pick([100, 500, 2000, 16 << 20])
        bounds.concurrency = dice.pick([1, 2, 4, 64])
        bounds.callLimit = isDurable ? dice.pick([.seconds(1), .seconds(10), .seconds(60), nil]) : nil
        return bounds
    }

    /// Waits that do not stay so short that an event which cannot be taken is tried a million times.
    private static func schedule(_ dice: Dice) -> RetrySchedule {
        let growth = dice.pick([100, 150, 200, 300])
        return RetrySchedule(
            first: .milliseconds(dice.milliseconds((growth == 100 ? 30_000 : 1)...60_000)), growthPercent: growth,
            cap: .milliseconds(dice.milliseconds(30_000...300_000)))
    }

    private static func rules(hasDeadLetter: Bool, _ dice: Dice) -> DeliveryRules {
        var rules = DeliveryRules()
        if dice.chance(700) {
            rules.retry = RetryPolicy(
                .growing(schedule(dice), jitter: dice.pick([0, 0, 0.2, 1])),
                retries: dice.chance(700) ? dice.from(0...6) : nil, countsEarlierAttempts: true)
        }
        if dice.chance(400) { rules.deadline = .milliseconds(dice.milliseconds(50...20_000)) }
        if dice.chance(400) { rules.outcomes = outcomes(hasDeadLetter: hasDeadLetter, dice) }
        rules.honoursRetryAfter = dice.chance(400)
        if dice.chance(250) { rules.callsPerSecond = dice.pick([0.2, 1, 3, 20]) }
        rules.order = dice.pick([.key, .key, .none, .topic])
        return rules
    }

    private static func outcomes(hasDeadLetter: Bool, _ dice: Dice) -> OutcomeTable {
        var known: [OutcomeTable.Outcome] = [.success, .retry, .drop]
        if hasDeadLetter { known.append(.deadLetter) }
        var table = OutcomeTable()
        for status in [404, 409, 429, 500] where dice.chance(250) { table.statuses[status] = dice.pick(known) }
        for digit in 3...5 where dice.chance(200) { table.classes[digit] = dice.pick(known) }
        if dice.chance(200) { table.noAnswer = dice.pick(known) }
        return table
    }

    static func policy(_ dice: Dice, isInbound: Bool) -> Policy {
        var policy = Policy()
        if dice.chance(600) { policy.timeout = .milliseconds(dice.milliseconds(50...20_000)) }
        if dice.chance(800) {
            var matching = CodeMatching()
            if dice.chance(200) { matching.http = [429...429, 500...599] }
            let retries: Int? = dice.chance(800) ? dice.from(0...5) : nil
            // What is published is tried again without jitter: those numbers do not follow from the seed.
            if isInbound, dice.chance(500) {
                policy.retry = RetryPolicy(
                    .growing(schedule(dice), jitter: 0.5), retries: retries, limit: .seconds(15 * 60),
                    matching: matching)
            } else {
                policy.retry = RetryPolicy(
                    .constant(.milliseconds(dice.milliseconds((retries == nil ? 30_000 : 1)...60_000))),
                    retries: retries, matching: matching)
            }
        }
        if dice.chance(350) { policy.breaker = (dice.from(0...5), dice.milliseconds(100...60_000)) }
        return policy
    }
}

extension Faults {
    /// Few kinds at once, so that each seed has a character; some seeds have none.
    init(_ dice: Dice) {
        func some(_ most: Int) -> Int { dice.chance(350) ? dice.from(1...most) : 0 }
        connectRefused = some(700)
        connectSlow = some(500)
        publishRefused = some(300)
        publishUnknown = some(300)
        publishSlow = some(400)
        publishSilent = some(100)
        deliveryLost = some(200)
        deliveryRepeated = some(300)
        deliveryDelayed = some(300)
        deliverySwapped = some(300)
        settlementRefused = some(300)
        subscribeRefused = some(600)
        subscribeEager = some(700)
        lostBehindDelivery = some(60)
        poison = some(150)
        malformed = some(100)
        expiring = some(200)
        otherType = some(500)
    }
}

extension AppProfile {
    init(_ dice: Dice) {
        func some(_ most: Int) -> Int { dice.chance(350) ? dice.from(1...most) : 0 }
        success = dice.pick([100, 100, 60, 20])
        retry = some(30)
        drop = some(10)
        notFound = some(10)
        serverError = some(60)
        throttled = some(30)
        clientError = some(20)
        oddStatus = some(10)
        garbage = some(10)
        unknownWord = some(10)
        reset = some(30)
        hang = dice.chance(150) ? 100 : some(15)
        slow = some(400)
        brokenBulk = some(300)
    }
}
