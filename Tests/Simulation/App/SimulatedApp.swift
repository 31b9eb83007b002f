import Delivery
import Messaging

/// The app behind its channel: it answers as its profile says, in time or not, and it crashes. What reaches the engine is what `HTTPAppChannel`
/// would tell: one end for each call, at its deadline at the latest.
final class SimulatedApp {
    /// What the app does with one call.
    struct Behaviour {
        /// Nil where no answer comes.
        var status: Int?
        var word: String?
        var body: [UInt8] = []
        /// In milliseconds.
        var retryAfter: Int?
        /// Milliseconds until the end; nil where it would never come.
        var delay: Int?
    }

    /// One call that has not ended.
    struct Call {
        let source: Int
        let epoch: Int
        let sidecar: Int
        let deliveries: [Int]
        let entries: [BulkBody.Entry]
        let completion: any AppCallCompletion
        let token: UInt64
        var behaviour: Behaviour
        var wakes: (end: Wake, deadline: Wake)
    }

    private unowned let world: World
    private(set) var isDown = false
    private var calls: [Call?] = []
    /// Calls of each sidecar that have not ended, by its number.
    private(set) var outstanding: [Int] = []

    init(_ world: World) { self.world = world }

    /// Calls that have not ended, whoever waits for them.
    var busy: Int { outstanding.reduce(0, +) }

    // MARK: Being called

    func begin(_ call: AppCall, sidecar: Int, deadline: Instant?, completion: any AppCallCompletion, token: UInt64) {
        let number = calls.count
        let source = Int(String(decoding: call.target.dropFirst().prefix { $0 != 0x2F }, as: UTF8.self)) ?? -1
        let entries = call.isBulk ? BulkBody.entries(call.body) : []
        let deliveries = call.isBulk ? entries.map(\.delivery) : [Int(call.metadata["delivery"] ?? "") ?? -1]
        world.ledger.callBegun(source, events: deliveries.count)
        for delivery in deliveries {
            world.called(delivery, in: number, with: call)
        }
        world.checkDeadline(deadline, of: source)
        let behaviour = behaviour(deliveries, entries)
        while outstanding.count <= sidecar { outstanding.append(0) }
        outstanding[sidecar] += 1
        if let limit = world.scenario.appLimit, outstanding[sidecar] > limit {
            world.ledger.fail(.boundsKept, "\(outstanding[sidecar]) calls are at the app, \(limit) may be")
        }
        var wakes = (end: Wake.none, deadline: Wake.none)
        let clock = world.clock
        if let delay = behaviour.delay {
            wakes.end = clock.wake(at: clock.now + .milliseconds(delay), self, token: UInt64(number) << 1)
        }
        if let deadline { wakes.deadline = clock.wake(at: deadline, self, token: UInt64(number) << 1 | 1) }
        calls.append(
            Call(
                source: source, epoch: world.ledger.sources[source].epoch, sidecar: sidecar, deliveries: deliveries,
                entries: entries, completion: completion, token: token, behaviour: behaviour, wakes: wakes))
    }

    private func behaviour(_ deliveries: [Int], _ entries: [BulkBody.Entry]) -> Behaviour {
        let dice = world.dice
        guard !isDown else { return Behaviour(delay: dice.from(0...3)) }
        var made = Behaviour.drawn(world.profile, dice)
        if made.delay != nil, world.profile.slow > 0 || world.profile.hang > 0 {
            made.delay = dice.chance(world.profile.slow) ? dice.milliseconds(200...30_000) : dice.from(0...40)
        }
        let isPoisoned = deliveries.contains { world.isPoisoned($0) }
        if isPoisoned {
            made = Behaviour(status: 500, delay: made.delay ?? 5)
        }
        if !entries.isEmpty, made.status == 200, !isPoisoned {
            made.body = BulkBody.answer(entries, world.profile, dice)
        }
        return made
    }

    // MARK: Ends

    private func end(_ number: Int, isAnswered: Bool) {
        guard let call = calls[number].take() else { return }
        world.clock.cancel(call.wakes.end)
        world.clock.cancel(call.wakes.deadline)
        outstanding[call.sidecar] -= 1
        world.ledger.callEnded(call.source, epoch: call.epoch)
        let status = isAnswered ? call.behaviour.status : nil
        tell(call, status)
        if let status {
            world.note(.answered, number, status)
            let answer = AppAnswer.answered(status: status, body: call.behaviour.body)
            if status >= 300, let retryAfter = call.behaviour.retryAfter {
                return call.completion.answered(answer, retryAfter: .milliseconds(retryAfter), token: call.token)
            }
            return call.completion.answered(answer, token: call.token)
        }
        world.note(isAnswered ? .notAnswered : .late, number)
        call.completion.answered(.failed(reason: "connection reset"), token: call.token)
    }

    /// What the answer means, before the engine hears of it.
    private func tell(_ call: Call, _ status: Int?) {
        let table = world.ledger.rules(call.source).rules?.outcomes
        let retryAfter = status.map { $0 >= 300 } == true ? call.behaviour.retryAfter : nil
        guard call.entries.isEmpty else {
            let words = status == 200 ? BulkBody.words(call.behaviour.body, call.entries) : []
            for (index, delivery) in call.deliveries.enumerated() {
                let word = index < words.count ? words[index] : nil
                let meaning = Meaning(status: status, word: word, table: table, isEntry: true)
                world.ledger.answered(delivery, meaning, retryAfter: retryAfter)
            }
            return
        }
        let meaning = Meaning(status: status, word: call.behaviour.word, table: table, isEntry: false)
        for delivery in call.deliveries { world.ledger.answered(delivery, meaning, retryAfter: retryAfter) }
    }

    // MARK: Faults from outside

    /// The app's process ends: whatever it has gets no answer, and nothing is taken until it listens again.
    func crash() {
        isDown = true
        world.note(.appDown)
        for number in calls.indices where calls[number] != nil {
            calls[number]?.behaviour.status = nil
            end(number, isAnswered: true)
        }
    }

    func restart() {
        guard isDown else { return }
        isDown = false
        world.note(.appUp)
    }

    /// Whatever would never be answered is answered some time: the app was restarted, or its connection ended.
    func endHanging() {
        for number in calls.indices {
            guard let call = calls[number], call.behaviour.delay == nil else { continue }
            end(number, isAnswered: true)
        }
    }
}

extension SimulatedApp: Sleeper {
    func wake(_ token: UInt64) { end(Int(token >> 1), isAnswered: token & 1 == 0) }
}

extension SimulatedApp.Behaviour {
    /// An answer as a profile has them.
    static func drawn(_ profile: AppProfile, _ dice: Dice) -> SimulatedApp.Behaviour {
        func json(_ word: String) -> SimulatedApp.Behaviour {
            .init(status: 200, word: word, body: Array("{\"status\":\"\(word)\"}".utf8), delay: 1)
        }
        return dice.pick(weighted: [
            (profile.success, .init(status: 200, delay: 1)),
            (profile.retry, json("RETRY")),
            (profile.drop, json("DROP")),
            (profile.notFound, .init(status: 404, delay: 1)),
            (profile.serverError, .init(status: dice.pick([500, 502, 503]), delay: 1)),
            (
                profile.throttled,
                .init(status: dice.pick([429, 503]), retryAfter: dice.milliseconds(100...600_000), delay: 1)
            ),
            (profile.clientError, .init(status: dice.pick([400, 401, 409, 422]), delay: 1)),
            (profile.oddStatus, .init(status: dice.pick([204, 301, 304, 299]), delay: 1)),
            (profile.garbage, .init(status: 200, body: Array("{\"status\":<html>".utf8), delay: 1)),
            (profile.unknownWord, json("HMM")),
            (profile.reset, .init(status: nil, delay: 1)),
            (profile.hang, .init(status: 200, delay: nil)),
        ])
    }
}
