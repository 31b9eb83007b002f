internal import Loop
internal import Messaging

/// The group of one topic: what it has taken and settled, and who takes part. Confined to the log's shard.
///
/// An event goes to one member. It comes from memory where the ring has it, else from a window of the file.
final class LogGroup {
    /// Events of one window and of one fetch.
    static let windowEvents = 64
    /// Bytes of one window.
    static let windowBytes = 256 << 10
    /// Where several members share, one takes so many before the next has its turn.
    static let share = 32

    /// The number under which the log knows the group.
    let number: Int
    let topic: Int
    let name: String
    let log: EventLog
    private let topicName: String
    private(set) var row: Int64 = 0
    private(set) var claims = Claims(cursor: 0)
    private var members: [LogMember] = []
    private var nextMember: Int32 = 0
    private var openWaiters: [CheckedContinuation<ComponentError?, Never>] = []
    /// Who waits for a slice to be counted; answers come in the order of the questions.
    var countWaiters = Queue<CheckedContinuation<Int?, Never>>()
    private var window = Queue<StoredEvent>()
    private var windowThrough: UInt64 = 0
    private var fetched = Queue<StoredEvent>()
    private var fetching = 0
    private var isReading = false
    private var isDirty = false
    private var isPumpDue = false
    private var hasWarned = false
    private var failures: [LogFailure] = []
    private var savedCursor: UInt64 = 0
    private var dueWake = Wake.none
    private var dueAt = Int64.max

    init(_ name: String, number: Int, topic: Int, named topicName: String, log: EventLog) {
        self.name = name
        self.number = number
        self.topic = topic
        self.topicName = topicName
        self.log = log
    }

    /// Whether anybody takes the topic's events.
    var isTaken: Bool { !members.isEmpty }

    // MARK: Life

    /// Waits for the group's state from the file.
    func opened() async -> ComponentError? { await withCheckedContinuation { openWaiters.append($0) } }

    func opened(_ result: Result<LogGroupRecord, ComponentError>, now: Int64) {
        switch result {
        case .failure(let error): ended(error)
        case .success(let record):
            // A group that was joined before knows more than the file.
            if row == 0 {
                guard let claims = Claims(record.state, failed: record.failed, now: now) else {
                    return ended(
                        ComponentError(
                            .storage, action: "subscribing to topic \(topicName)",
                            reason: "the state of the group is damaged in \(log.settings.path)"))
                }
                self.claims = claims
                savedCursor = claims.cursor
                row = record.row
            }
            resume(nil)
        }
    }

    /// The log is gone, or has no state for the group.
    func ended(_ error: ComponentError) {
        resume(error)
        countingEnded()
    }

    private func resume(_ error: ComponentError?) {
        let waiters = openWaiters
        openWaiters = []
        waiters.forEach { $0.resume(returning: error) }
    }

    func join(_ inlet: any Inlet) -> LogMember {
        let member = LogMember(nextMember, inlet, self)
        nextMember &+= 1
        members.append(member)
        log.ring.watch(topic, from: log.last + 1)
        notePump()
        return member
    }

    func remove(_ member: LogMember) {
        guard let index = members.firstIndex(where: { $0 === member }) else { return }
        members.remove(at: index)
        claims.abandon(member: member.number, now: log.now)
        notePump()
        guard members.isEmpty else { return }
        log.loop.cancel(dueWake)
        dueWake = .none
        log.leave(self, row: row)
    }

    /// The log closes: nothing is handed over any more.
    func stop() {
        members = []
        log.loop.cancel(dueWake)
        dueWake = .none
    }

    // MARK: Settling

    func settle(_ batch: borrowing SettledBatch) {
        let hadRoom = claims.hasRoom
        for position in batch.acknowledged {
            guard let attempts = claims.acknowledge(position.low), attempts > 0 else { continue }
            failures.append(LogFailure(id: position.low, attempts: 0, due: 0))
        }
        for (position, attempts) in batch.released {
            guard let failure = claims.release(position.low, attempts: attempts, now: log.now) else { continue }
            if failure.attempts > 0 { failures.append(failure) }
        }
        noteDirty()
        if claims.unsettled < Claims.maxUnsettled / 2 { hasWarned = false }
        if !hadRoom { notePump() } else { armDue() }
    }

    /// Saves the cursor where it moved without a settlement, past events of other topics.
    func noteProgress() {
        catchUp()
        if claims.cursor != savedCursor { noteDirty() }
    }

    private func noteDirty() {
        guard !isDirty, row != 0 else { return }
        isDirty = true
        log.noteDirty(self)
    }

    /// The state to be saved.
    func takeSave() -> LogWork.Save? {
        isDirty = false
        catchUp()
        let state = claims.saved
        savedCursor = state.cursor
        defer { failures = [] }
        return LogWork.Save(topic: topic, group: row, state: state, failures: failures)
    }

    /// A group that has had everything of its topic has passed everything of the others too.
    private func catchUp() {
        guard isTaken, window.isEmpty, log.ring.covers(topic, after: claims.handed),
            log.ring.event(topic, at: log.ring.index(topic, after: claims.handed)) == nil
        else { return }
        claims.scanned(through: log.last)
    }

    // MARK: Handing over

    func notePump() {
        guard !isPumpDue else { return }
        isPumpDue = true
        log.notePump(self)
    }

    /// Hands over what there is, as far as there is credit.
    func pump() {
        isPumpDue = false
        guard log.state == .open, row != 0 else { return }
        var isMoving = true
        while isMoving {
            isMoving = false
            for member in members where !member.isPaused {
                if fill(member) { isMoving = true }
            }
        }
        if members.contains(where: { !$0.isPaused && $0.inlet.credit.isOpen }) { readOn() }
        armDue()
    }

    /// Hands one member as much as it may have now. False where there was nothing, or no credit.
    private func fill(_ member: LogMember) -> Bool {
        var credit = member.inlet.credit
        if members.count > 1 { credit.events = min(credit.events, Self.share) }
        var batch: [ReceivedMessage] = []
        while credit.isOpen, let event = next(member) {
            let message = ReceivedMessage(event.message, Receipt(Position(low: event.id)))
            credit.events -= 1
            credit.bytes -= message.size
            batch.append(message)
        }
        guard !batch.isEmpty else { return false }
        member.inlet.take(batch)
        return true
    }

    /// The next event that is in memory, claimed for a member: first what is due again, then what is new.
    private func next(_ member: LogMember) -> StoredEvent? {
        if let event = fetched.popFirst() {
            claims.assign(event.id, to: member.number)
            return event
        }
        while fetching < Self.windowEvents, let due = claims.takeDue(log.now) {
            if var event = log.ring.event(topic, id: due.id) {
                claims.assign(due.id, to: member.number)
                event.message.earlierAttempts = due.attempts
                return event
            }
            fetch(due.id)
        }
        guard claims.hasRoom else {
            warnOfBound()
            return nil
        }
        guard let event = window.popFirst() ?? fromRing() else { return nil }
        claims.handOver(event.id, to: member.number)
        if window.isEmpty { claims.scanned(through: windowThrough) }
        return event
    }

    private func warnOfBound() {
        guard !hasWarned else { return }
        hasWarned = true
        log.warn(
            "group \(name) of topic \(topicName) has \(Claims.maxUnsettled) events unsettled; new ones wait until some are "
                + "settled: give the subscription a dead letter topic, or mend what makes its events fail")
    }

    private func fromRing() -> StoredEvent? {
        guard !isReading, log.ring.covers(topic, after: claims.handed) else { return nil }
        return log.ring.event(topic, at: log.ring.index(topic, after: claims.handed))
    }

    private func readOn() {
        guard !isReading, window.isEmpty, claims.hasRoom, !log.ring.covers(topic, after: claims.handed) else { return }
        isReading = true
        log.read(
            LogWork.Read(
                group: number, topic: topic, after: claims.handed, events: Self.windowEvents, bytes: Self.windowBytes))
    }

    func received(_ window: LogWindow) {
        isReading = false
        if window.events.isEmpty { claims.scanned(through: window.through) }
        for event in window.events { self.window.append(event) }
        windowThrough = window.through
        notePump()
    }

    private func fetch(_ id: UInt64) {
        fetching += 1
        log.fetch(LogWork.Fetch(group: number, topic: topic, ids: [id]))
    }

    func received(_ ids: [UInt64], _ events: [StoredEvent]) {
        fetching -= ids.count
        for var event in events {
            event.message.earlierAttempts = claims.attempts(of: event.id)
            fetched.append(event)
        }
        // What is not in the file any more cannot come again.
        for id in ids where !events.contains(where: { $0.id == id }) {
            claims.acknowledge(id)
            noteDirty()
        }
        notePump()
    }

    // MARK: What waits

    private func armDue() {
        // What is due already waits for credit, for the end of a pause or for a fetch, and each of these pumps.
        guard isTaken, let due = claims.nextDue, due > log.now else { return }
        guard dueWake == .none || due < dueAt else { return }
        log.loop.cancel(dueWake)
        dueAt = due
        dueWake = log.loop.wake(
            at: log.loop.now + .milliseconds(max(due - log.now, 1)), self, token: 0)
    }
}

extension LogGroup: Sleeper {
    func wake(_ token: UInt64) {
        dueWake = .none
        dueAt = .max
        notePump()
    }
}
