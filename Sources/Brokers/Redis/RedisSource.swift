internal import Loop
internal import Messaging
internal import RedisClient

/// One subscription: reads the new entries of a stream on a connection of its own, and sees to it that none is forgotten.
///
/// It holds each entry from the moment it is read until it is acknowledged. What the app gives back is claimed again after a pause; what this
/// consumer got before a restart or a lost connection is listed and claimed first; what consumers that are gone got is taken over.
/// New entries come last. Everything goes through `pump()`, which does whatever credit and connections allow now.
final class RedisSource: TopicSource {
    /// Why a subscription could not be started.
    enum ArmFailure: Error {
        /// The connection was not made or was lost.
        case failed(RedisFailure)
        /// Redis refused, for example because the key holds another kind of value.
        case refused(RedisServerError)
    }

    let topic: String
    let group: RedisGroup
    /// Each holds the other until the source is cancelled: a weak reference would make every count of the component take the slow path.
    let component: RedisPubSub
    let loop: EventLoop
    let settings: RedisPubSubSettings
    private(set) var inlet: (any Inlet)?
    private(set) var reader: RedisConnection?
    private(set) var isPaused = false
    private(set) var isCancelled = false

    var held = RedisHeldEntries()
    var pacing: RedisReadPacing
    var acknowledgements = RedisAcknowledgements()
    /// How many entries the read on its way may bring.
    var promisedToRead = 0
    var askedToRead = 0
    var claims: [RedisClaim] = []
    /// What was read and does not fit into the credit, which counts bytes too; Redis only counts entries.
    var ready: ArraySlice<RedisEntry> = []
    var isReading = false
    var isUnblockAsked = false
    /// The last read brought all it asked for: there is more.
    var knowsBacklog = false
    var search = RedisPendingSearch()
    var recreation = RedisRetryPause()
    var isRecreating = false
    private var isArmingLater = false
    private var isResting = false
    /// Counts the times it was disarmed: replies of before are not for it any more.
    private(set) var epoch: UInt64 = 0
    /// Entries that could not be claimed and are being looked for.
    var missing: [Position] = []
    var removedWhilePending = 0
    var highestAcknowledged: Position?
    private var timer = Wake.none
    private var timerAt = Instant(nanoseconds: 0)

    init(_ topic: String, _ inlet: any Inlet, _ component: RedisPubSub) {
        self.topic = topic
        self.inlet = inlet
        self.component = component
        loop = component.loop
        settings = component.settings
        group = RedisGroup(stream: topic, name: settings.group, consumer: settings.consumer)
        pacing = RedisReadPacing(depth: settings.queueDepth)
    }

    /// The connection for commands, while both connections are there.
    var commands: RedisConnection? {
        guard let reader, reader.isOpen, let commands = component.commands, commands.isOpen else { return nil }
        return commands
    }

    func holds(_ id: Position) -> Bool { held.contains(id) }

    // MARK: Arming

    /// Connects, sees to the consumer group, sends the acknowledgements that have no reply yet, and starts.
    func arm() async throws(ArmFailure) {
        guard !isCancelled, reader == nil else { return }
        do throws(RedisFailure) {
            let reader = try await component.open(name: "read")
            guard !isCancelled, self.reader == nil, component.commands?.isOpen == true else { return reader.close() }
            self.reader = reader
        } catch {
            throw .failed(error)
        }
        try await createGroup()
        begin()
    }

    /// Starts with what Redis lists as ours.
    func begin() {
        guard commands != nil, !isCancelled else { return }
        search.restart(now: loop.now)
        sendAcknowledgements()
        pump()
    }

    /// Tries to arm again after a pause, while the component stays connected.
    func armLater() {
        guard !isArmingLater, !isCancelled else { return }
        disarm()
        isArmingLater = true
        let pause = recreation.next()
        loop.launch { [weak self] in await self?.armAfter(pause) }
    }

    private func armAfter(_ pause: Duration) async {
        try? await loop.sleep(for: pause)
        isArmingLater = false
        guard component.commands?.isOpen == true, reader == nil else { return }
        do throws(ArmFailure) {
            try await arm()
        } catch {
            switch error {
            case .failed(let failure):
                component.lost(RedisErrors.failure(failure, action: "subscribing to topic \(topic)"))
            case .refused(let refusal):
                component.warn("subscribing to topic \(topic): \(refusal); trying again")
                armLater()
            }
        }
    }

    /// The connections are gone; what the app has stays with it.
    func disarm() {
        let reader = reader
        self.reader = nil
        reader?.close()
        loop.cancel(timer)
        timer = .none
        isReading = false
        isResting = false
        isUnblockAsked = false
        knowsBacklog = false
        promisedToRead = 0
        claims = []
        ready = []
        missing = []
        epoch += 1
        held.connectionLost(now: loop.now)
    }

    // MARK: The work

    /// Does what can be done now: claims what is due, looks for pending entries, reads new ones.
    func pump() {
        guard !isCancelled, !isPaused, !isRecreating, !isResting, let commands, let inlet else { return }
        let now = loop.now
        handOver(inlet)
        renew(commands, now)
        listPending(commands, now)
        claimDue(commands, inlet, now)
        readNew(inlet, now)
        schedule(now)
    }

    /// What the inlet's credit is needed for already.
    var promised: Int { claims.reduce(promisedToRead + ready.count) { $0 + $1.ids.count } }

    private func readNew(_ inlet: any Inlet, _ now: Instant) {
        guard let reader, !isReading, ready.isEmpty else { return }
        // Older entries come first, those on their way by a claim included, and what waits is bounded.
        guard search.ownIsListed, held.hasRoom, !held.hasDue(now: now), claims.isEmpty else { return }
        let count = pacing.readCount(inlet.credit, promised: promised)
        guard count > 0 else { return }
        let block = knowsBacklog ? nil : max(1, Int(settings.block / .milliseconds(1)))
        isReading = true
        promisedToRead = count
        reader.send(
            self, token: RedisSourceReply.read.token(epoch: epoch),
            timeout: settings.block + RedisPubSubSettings.blockGrace, form: .readEntries
        ) {
            $0.readNew(group, count: count, block: block)
        }
    }

    /// Ends a blocked read, because what it is promised is needed for something else, or because nothing more shall come.
    func unblock() {
        guard isReading, !isUnblockAsked, let reader, reader.clientID > 0, let commands else { return }
        isUnblockAsked = true
        commands.send(self, token: RedisSourceReply.ignored.token(epoch: epoch), timeout: settings.replyTimeout) {
            output in
            output.begin("CLIENT", arguments: 2)
            output.argument("UNBLOCK")
            output.argument(reader.clientID)
        }
    }

    /// Does nothing for a second: Redis refuses something that time or an administrator may change.
    func rest() {
        guard !isResting else { return }
        isResting = true
        let pause = recreation.next()
        loop.launch { [weak self, loop] in
            try? await loop.sleep(for: pause)
            self?.isResting = false
            self?.pump()
        }
    }

    // MARK: Time

    /// Wakes up for the next entry that is due, the next search, and the next sign of life.
    func schedule(_ now: Instant) {
        // What is due already waits for credit or a reply, and those call `pump()`.
        var next = held.nextDue(after: now) ?? Instant(nanoseconds: .max)
        if let takeOver = settings.takeOver {
            if search.nextIdleSearch > now { next = min(next, search.nextIdleSearch) }
            if !held.isEmpty { next = min(next, now + takeOver.idle / 6) }
        }
        guard next.nanoseconds < .max else { return }
        if timer != .none, timerAt <= next { return }
        loop.cancel(timer)
        timerAt = next
        timer = loop.wake(at: next, self, token: 0)
    }

    // MARK: TopicSource

    func settle(_ batch: borrowing SettledBatch) {
        let now = loop.now
        if !batch.acknowledged.isEmpty {
            for id in batch.acknowledged where highestAcknowledged?.precedes(id) ?? true { highestAcknowledged = id }
            held.remove(batch.acknowledged)
            acknowledge(batch.acknowledged)
        }
        for (id, attempts) in batch.released {
            let due = now + RetrySchedule.standard.wait(afterFailures: attempts)
            if isCancelled || !held.release(id, attempts: attempts, due: due) { held.remove([id]) }
        }
        pump()
    }

    func creditReturned() { pump() }

    func pause() {
        isPaused = true
        unblock()
    }

    func resume() {
        isPaused = false
        pump()
    }

    func cancel() async {
        guard !isCancelled else { return }
        isCancelled = true
        inlet = nil
        ready = []
        loop.cancel(timer)
        // A read that is cut off may have been given entries; they would wait for somebody to take them over.
        unblock()
        let deadline = loop.now + .seconds(1)
        while isReading, loop.now < deadline, !Task.isCancelled { try? await loop.sleep(for: .milliseconds(2)) }
        reader?.close()
        component.remove(self)
        component.adopt(held.takeAll(), topic: topic)
    }

    /// Goes over the connection for commands, which outlives the subscription.
    func acknowledge(_ ids: [Position]) {
        let isFull = acknowledgements.add(ids)
        if isFull {
            component.warn(
                "topic \(topic): too many acknowledgements wait for Redis; the oldest events may be delivered again")
        }
        sendAcknowledgements()
    }
}

extension RedisSource: Sleeper {
    func wake(_ token: UInt64) {
        timer = .none
        pump()
    }
}
