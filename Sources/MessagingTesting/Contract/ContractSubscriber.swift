public import Messaging

/// An inlet that notes what comes and settles it as the rule says, at the turn's end.
public final class ContractSubscriber: Inlet {
    /// What becomes of a message.
    public enum Verdict: Sendable {
        case acknowledge
        /// Given back, with so many failed attempts.
        case release(attempts: Int)
        /// Kept until the rule settles it.
        case hold
    }

    /// Everything that came, in order.
    public private(set) var received: [Message] = []
    /// How many messages were unsettled at once at most.
    public private(set) var mostInFlight = 0
    /// Messages that came although there was no credit for them.
    public private(set) var overrun = 0
    /// What becomes of the next messages.
    public var verdict: (Message) -> Verdict
    /// Events and bytes that may be unsettled at once.
    public let limit: Credit
    private let scheduler: any Scheduler
    /// The subscription at the instance under test.
    public private(set) var source: (any TopicSource)?
    private var held: [ReceivedMessage] = []
    private var decided: [(ReceivedMessage, Verdict)] = []
    private var inFlight = 0
    private var bytesInFlight = 0
    private var isStarved = false
    private var isTurnEndDue = false

    init(_ scheduler: any Scheduler, limit: Credit, verdict: @escaping (Message) -> Verdict) {
        self.scheduler = scheduler
        self.limit = limit
        self.verdict = verdict
    }

    /// Bodies of what came, as text.
    public var bodies: [String] { received.map { String(decoding: $0.body, as: UTF8.self) } }

    /// Messages that are held.
    public var heldCount: Int { held.count }

    /// What may come.
    public var credit: Credit {
        let credit = Credit(events: limit.events - inFlight, bytes: max(limit.bytes - bytesInFlight, 0))
        if !credit.isOpen { isStarved = true }
        return credit
    }

    /// Takes messages.
    public func take(_ messages: [ReceivedMessage]) {
        for message in messages {
            if inFlight >= limit.events || bytesInFlight >= limit.bytes { overrun += 1 }
            inFlight += 1
            bytesInFlight += message.message.size
            mostInFlight = max(mostInFlight, inFlight)
            received.append(message.message)
            decide(message)
        }
    }

    private func decide(_ message: ReceivedMessage) {
        switch verdict(message.message) {
        case .hold: held.append(message)
        case let verdict:
            decided.append((message, verdict))
            noteTurnEnd()
        }
    }

    /// Settles held messages, the oldest first.
    public func settle(_ count: Int = .max, _ verdict: Verdict = .acknowledge) {
        for message in held.prefix(count) { decided.append((message, verdict)) }
        held.removeFirst(min(count, held.count))
        noteTurnEnd()
    }

    /// The subscription has begun; what came before its beginning was answered is settled now.
    func attach(_ source: any TopicSource) {
        self.source = source
        if !decided.isEmpty { noteTurnEnd() }
    }

    /// Puts what is held away without telling the source, as when a process ends.
    func forget() {
        var batch = SettledBatch()
        for message in held + decided.map(\.0) { message.release(in: &batch, attempts: 0) }
        held = []
        decided = []
    }

    private func noteTurnEnd() {
        guard !isTurnEndDue else { return }
        isTurnEndDue = true
        scheduler.atTurnEnd(self)
    }
}

extension ContractSubscriber: TurnParticipant {
    /// Tells the source what was decided in this turn.
    public func turnEnded() {
        isTurnEndDue = false
        guard let source, !decided.isEmpty else { return }
        var batch = SettledBatch()
        for (message, verdict) in decided {
            inFlight -= 1
            bytesInFlight -= message.message.size
            switch verdict {
            case .acknowledge: message.acknowledge(in: &batch)
            case .release(let attempts): message.release(in: &batch, attempts: attempts)
            case .hold: preconditionFailure("what is held is not settled")
            }
        }
        decided = []
        source.settle(batch)
        guard isStarved else { return }
        isStarved = false
        source.creditReturned()
    }
}
