internal import KafkaClient
internal import Loop
internal import Messaging

/// The consuming side of a component: one member of the consumer group for all its subscriptions.
///
/// Records are taken from a partition's queue only while its subscription has credit and its order allows; what is not taken stays with librdkafka,
/// which stops fetching. Positions are committed a second after something was finished, and before a partition is given away.
final class KafkaGroup {
    /// Records of a partition beyond its lowest unfinished one; at the bound it is read no further.
    static let spanMaximum = 8_192
    /// Commits are made so long after something was finished …
    static let commitInterval: Duration = .seconds(1)
    /// … or when so many records were.
    static let commitCount = 500
    /// How long a partition that is to be given away waits for records that are at the app: longer than a call lasts, so that no two members have one.
    static let handoverLimit: Duration = .seconds(65)
    /// How long it then waits for its commit, and how long until that is tried again.
    static let lastCommitLimit: Duration = .seconds(5)
    static let lastCommitPause: Duration = .milliseconds(50)
    /// How long the end of such a rebalance is waited for before the group is left.
    static let settleLimit: Duration = .seconds(2)
    /// How long commits wait for the end of a rebalance in which only some partitions move.
    static let holdLimit: Duration = .seconds(5)
    /// Changes of subscriptions within this time are one rebalance.
    static let subscribePause: Duration = .milliseconds(20)

    enum Token: Int, CaseIterable {
        case commit
        /// The app had long enough.
        case finishing
        /// The broker had long enough.
        case committing
        case commitAgain
        case hold
        case due
        case subscribe
    }

    let settings: KafkaSettings
    let loop: EventLoop
    let warn: (String) -> Void
    let wantToken: () -> Void
    private(set) var sources: [KafkaSource] = []
    private(set) var consumer: KafkaConsumer?
    var partitions = KafkaPartitions()
    var handover = KafkaHandover()
    private var subscribed: [String] = []
    /// Counts assignments, and what the count was at the last change of topics.
    var assignments = 0
    private var assignmentsBefore = 0
    private var first = 0
    private var isPumping = false
    private var wakes = [Wake](repeating: .none, count: Token.allCases.count)
    private var dueAt = Instant(nanoseconds: .max)
    private var finishedSinceCommit = 0
    /// So many more assignments come before commits may go on.
    var assignmentsAwaited = 0
    var commitsUnderWay = 0
    private(set) var isClosing = false

    init(
        _ settings: KafkaSettings, on loop: EventLoop, warn: @escaping (String) -> Void,
        tokenWanted: @escaping () -> Void
    ) {
        wantToken = tokenWanted
        self.settings = settings
        self.loop = loop
        self.warn = warn
    }

    // MARK: Subscriptions

    func add(_ source: KafkaSource) { sources.append(source) }

    /// Reads the topics of all sources that are there, in one rebalance a moment later.
    func subscribeSoon() { arm(.subscribe, after: Self.subscribePause) }

    /// A subscription ended: what it had goes to another one of the topic, or stays with the broker.
    func remove(_ source: KafkaSource) {
        sources.removeAll { $0 === source }
        let holder = ObjectIdentifier(source)
        for partition in partitions.all where partition.id.topic == source.topic {
            partition.ledger.giveBackAll(due: loop.now) { $0.holder == holder }
        }
        partitions.sweep()
        proceed(handover.settled(out: leavingOut))
        if !isClosing { subscribeSoon() }
        pump()
    }

    /// Waits until the group has given this member what it gets of a topic, for so long at most.
    func waitForAssignment(of topic: String, within limit: Duration) async {
        let deadline = loop.now + limit
        while !isClosing, loop.now < deadline, !Task.isCancelled {
            if subscribed.contains(topic), assignments > assignmentsBefore { return }
            try? await loop.sleep(for: .milliseconds(5))
        }
    }

    private func subscribe() {
        guard !isClosing else { return }
        var topics: [String] = []
        for source in sources where source.isTopicThere && !topics.contains(source.topic) {
            topics.append(source.topic)
        }
        guard topics != subscribed else { return }
        do throws(KafkaFailure) {
            try prepare()
            try consumer?.subscribe(to: topics)
            subscribed = topics
            assignmentsBefore = assignments
        } catch {
            warn("subscribing to \(topics.joined(separator: ", ")): \(error); trying again")
            arm(.subscribe, after: .seconds(1))
        }
    }

    /// Makes the consumer, which shows whether the settings are right, before anything is subscribed.
    func prepare() throws(KafkaFailure) {
        guard consumer == nil else { return }
        consumer = try KafkaConsumer(
            settings.consumer, startsAtNewest: settings.startsAtNewest, on: loop, owner: self)
    }

    // MARK: Handing out

    /// Hands out what credit and order allow.
    func pump() {
        guard !isPumping, !isClosing else { return }
        isPumping = true
        defer { isPumping = false }
        let all = partitions.all
        guard !all.isEmpty else { return }
        // Another partition is first each time, so that scarce credit is shared.
        first = (first + 1) % all.count
        for index in all.indices { pump(all[(first + index) % all.count]) }
        armDue(all)
    }

    private func pump(_ partition: KafkaPartition) {
        guard partition.state == .active else { return }
        for source in sources where source.topic == partition.id.topic && !source.isPaused {
            guard let inlet = source.inlet else { continue }
            var credit = inlet.credit
            guard credit.isOpen else { continue }
            var messages: [ReceivedMessage] = []
            while credit.isOpen, let (offset, message) = next(partition, for: source) {
                credit.events -= 1
                credit.bytes -= message.size
                let position = Position(high: partition.mark, low: UInt64(bitPattern: offset))
                messages.append(ReceivedMessage(message, Receipt(position)))
            }
            if !messages.isEmpty { inlet.take(messages) }
        }
    }

    /// The next record that may go out, noted as out.
    private func next(_ partition: KafkaPartition, for source: KafkaSource) -> (Int64, Message)? {
        let holder = ObjectIdentifier(source)
        if settings.keepsPartitionOrder, partition.ledger.outCount > 0 { return nil }
        if let again = partition.ledger.takeDue(loop.now, { $0.holder = holder }) {
            var message = again.held.message
            message.earlierAttempts = again.attempts
            return (again.offset, message)
        }
        if settings.keepsPartitionOrder, partition.ledger.backCount > 0 { return nil }
        while partition.ledger.span < Self.spanMaximum, let record = partition.queue?.next() {
            let message = KafkaMapping.message(of: record, partition.id, escapes: settings.escapesHeaders)
            guard partition.ledger.read(record.offset, KafkaHeld(message: message, holder: holder)) else { continue }
            // A record of the same key that was given back goes first.
            let due = message.key.isEmpty ? nil : partition.ledger.due { $0.message.key == message.key }
            guard let due else { return (record.offset, message) }
            partition.ledger.giveBack(record.offset, attempts: 0, due: due)
        }
        return nil
    }

    private func armDue(_ all: [KafkaPartition]) {
        var next = Instant(nanoseconds: .max)
        for partition in all where partition.state == .active {
            // What is due already waits for credit or order, and those call `pump()`.
            if let due = partition.ledger.nextDue, due > loop.now { next = min(next, due) }
        }
        guard next.nanoseconds < .max, next < dueAt || !isArmed(.due) else { return }
        dueAt = next
        arm(.due, after: next.elapsed(since: loop.now))
    }

    // MARK: Settling

    func settle(_ batch: borrowing SettledBatch) {
        for position in batch.acknowledged {
            guard let partition = partitions[position.high] else { continue }
            if partition.ledger.finish(Int64(bitPattern: position.low)) { finishedSinceCommit += 1 }
        }
        for (position, attempts) in batch.released {
            let due = loop.now + RetrySchedule.standard.wait(afterFailures: attempts)
            partitions[position.high]?.ledger.giveBack(Int64(bitPattern: position.low), attempts: attempts, due: due)
        }
        if finishedSinceCommit >= Self.commitCount {
            commit()
        } else if finishedSinceCommit > 0, !isArmed(.commit) {
            arm(.commit, after: Self.commitInterval)
        }
        partitions.sweep()
        proceed(handover.settled(out: leavingOut))
        pump()
    }

    // MARK: Committing

    /// Commits what was finished, where that is allowed now.
    func commit() {
        cancel(.commit)
        guard assignmentsAwaited == 0 else { return arm(.commit, after: Self.commitInterval) }
        finishedSinceCommit = 0
        commit(partitions.all.filter { $0.state == .active })
    }

    func commit(_ these: [KafkaPartition]) {
        let offsets = these.compactMap { partition in
            partition.ledger.takeCommit().map { (id: partition.id, offset: $0) }
        }
        guard !offsets.isEmpty, let consumer else { return }
        commitsUnderWay += 1
        consumer.commit(offsets)
    }

    // MARK: The end

    /// Commits what is finished and leaves the group.
    func close(within limit: Duration) async {
        guard !isClosing else { return }
        isClosing = true
        let deadline = loop.now + limit
        // What the app still has is given back: nobody waits for it, and it comes again elsewhere. What is finished is written down before the
        // partitions are given away, which leaving the group begins with.
        for source in sources { await source.cancel() }
        // In the middle of a rebalance in which only some partitions move, the group would not take the positions.
        let settled = loop.now + Self.settleLimit
        while assignmentsAwaited > 0, loop.now < settled, !Task.isCancelled {
            try? await loop.sleep(for: .milliseconds(2))
        }
        await consumer?.finish(within: deadline.elapsed(since: loop.now))
        consumer = nil
        for token in Token.allCases { cancel(token) }
    }

    // MARK: Time

    func arm(_ token: Token, after wait: Duration) {
        cancel(token)
        wakes[token.rawValue] = loop.wake(at: loop.now + wait, self, token: UInt64(token.rawValue))
    }

    func isArmed(_ token: Token) -> Bool { wakes[token.rawValue] != .none }

    func cancel(_ token: Token) {
        loop.cancel(wakes[token.rawValue])
        wakes[token.rawValue] = .none
    }
}

extension KafkaGroup: Sleeper {
    func wake(_ token: UInt64) {
        guard let token = Token(rawValue: Int(token)) else { return }
        wakes[token.rawValue] = .none
        switch token {
        case .commit: commit()
        case .finishing: proceed(handover.finishingTookTooLong())
        case .committing: proceed(handover.committingTookTooLong())
        case .commitAgain: commitLeaving()
        case .hold: assignmentsAwaited = 0
        case .due: pump()
        case .subscribe: subscribe()
        }
    }
}
