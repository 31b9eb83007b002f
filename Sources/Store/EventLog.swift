internal import Loop
package import Messaging

/// Who is told about a log as a whole.
package protocol EventLogOwner: AnyObject {
    /// The file cannot be trusted any more: nothing is stored or handed over from here on.
    func logLatched(_ error: ComponentError)
    /// A line for the user.
    func logWarned(_ line: String)
}

/// A durable log as its shard sees it: publish, take part in groups, settle.
///
/// Confined to one shard. What a turn collects goes to the log's thread in one piece at the turn's end; what a commit made durable is answered and
/// handed to the groups from memory in one piece.
package final class EventLog {
    /// Events that wait for their commit; more are refused with `full`.
    static let maxPendingEvents = 16_384
    /// Bytes that wait for their commit.
    static let maxPendingBytes = 64 << 20
    /// Topics of a file; a name of its own for each event would fill the file with names.
    static let maxTopics = 65_536
    /// States of groups alone wait so long for company: nobody waits for them.
    static let settleDelay: Duration = .milliseconds(5)
    /// `close()` waits so long for the disk.
    static let closeLimit: Duration = .seconds(5)

    /// Where the log is in its life.
    enum State: Equatable {
        case idle
        case opening
        case open
        case latched(ComponentError)
        case closing
        case closed
    }

    /// What was handed to the thread and is not answered.
    struct Pending {
        let number: UInt64
        let entries: [PublishEntry]
    }

    let settings: LogSettings
    let loop: EventLoop
    weak var owner: (any EventLogOwner)?
    let queue = LogQueue()
    var reports: Mailbox<[LogReport]>?
    var thread: NativeThread?
    var state = State.idle
    var openWaiters: [CheckedContinuation<ComponentError?, Never>] = []
    var closeWaiters: [CheckedContinuation<Void, Never>] = []
    let startInstant: Instant
    let startTime: Int64

    var numbers: [String: Int] = [:]
    var names: [String] = []
    var lastTopic = (name: "", number: -1)
    var last: UInt64 = 0
    var ring: EventRing
    var groups: [LogGroup] = []
    /// The groups of each topic.
    var takers: [[LogGroup]] = []

    var outgoing = LogWork()
    var collected: [PublishEntry] = []
    var failing: [(PublishEntry, ComponentError)] = []
    var pending = Queue<Pending>()
    var pendingEvents = 0
    var pendingBytes = 0
    var number: UInt64 = 0
    var isTurnEndDue = false
    var dirty: [LogGroup] = []
    var pumping: [LogGroup] = []
    var settleWake = Wake.none
    var closeWake = Wake.none
    var upkeep: LogUpkeep

    /// Makes a log on its shard. Nothing is opened yet.
    package init(_ settings: LogSettings, owner: any EventLogOwner) {
        self.settings = settings
        self.owner = owner
        loop = EventLoop.current
        startInstant = loop.now
        startTime = loop.wallClock / 1_000_000
        ring = EventRing(maxBytes: settings.ringBytes)
        upkeep = LogUpkeep(retention: settings.retention)
    }

    /// Milliseconds since 1970 of the log's own clock.
    var now: Int64 { startTime + Int64(loop.now.elapsed(since: startInstant).wholeNanoseconds / 1_000_000) }

    /// Depth of the queue to the disk, for metrics.
    package var waitingEvents: Int { pendingEvents }

    // MARK: Life

    /// Opens the file on the log's thread. A log that was refused may be opened again.
    package func open() async throws(ComponentError) {
        switch state {
        case .open: return
        case .latched(let error): throw error
        case .closing, .closed: throw closedError
        case .opening: break
        case .idle: start()
        }
        if let error = await withCheckedContinuation({ openWaiters.append($0) }) { throw error }
    }

    func start() {
        state = .opening
        let mailbox = Mailbox<[LogReport]>(capacity: 256, on: loop) { [weak self] batches in self?.receive(batches) }
        reports = mailbox
        thread = LogThread.start(settings, now: now, queue: queue, reports: mailbox)
    }

    /// Stores what was taken, saves the groups' states and closes the file. It returns after five seconds where the disk does not answer.
    package func close() async {
        switch state {
        case .closed: return
        case .idle:
            state = .closed
            return
        case .closing: break
        case .opening, .open, .latched: startClosing()
        }
        await withCheckedContinuation { closeWaiters.append($0) }
    }

    func startClosing() {
        for group in groups { group.stop() }
        state = .closing
        handOver()
        outgoing.isClosing = true
        sendOutgoing()
        closeWake = loop.wake(at: loop.now + Self.closeLimit, self, token: Token.close)
    }

    func closed() {
        guard state != .closed else { return }
        state = .closed
        loop.cancel(closeWake)
        upkeep.stop(loop)
        let unknown = ComponentError(
            .timeout, action: "closing \(settings.path)", reason: "the disk did not answer within 5 s",
            outcome: .unknown)
        while let batch = pending.popFirst() {
            for entry in batch.entries { entry.completion.published(.failed(unknown), token: entry.token) }
        }
        resumeOpeners(closedError)
        for group in groups { group.ended(closedError) }
        groups = []
        takers = []
        let waiters = closeWaiters
        closeWaiters = []
        waiters.forEach { $0.resume() }
    }

    func resumeOpeners(_ error: ComponentError?) {
        let waiters = openWaiters
        openWaiters = []
        waiters.forEach { $0.resume(returning: error) }
    }

    var closedError: ComponentError {
        ComponentError(.closed, action: "using \(settings.path)", reason: "component is closed")
    }

    // MARK: The turn's end

    func noteTurnEnd() {
        guard !isTurnEndDue else { return }
        isTurnEndDue = true
        loop.atTurnEnd(self)
    }

    func handOver() {
        if !collected.isEmpty {
            number += 1
            pending.append(Pending(number: number, entries: collected))
            collected = []
        }
        let hasCompany = !outgoing.appends.isEmpty || state == .closing
        if hasCompany { saveDirty() } else { delaySaves() }
    }

    func saveDirty() {
        loop.cancel(settleWake)
        settleWake = .none
        for group in dirty { if let save = group.takeSave() { outgoing.add(save) } }
        dirty.removeAll(keepingCapacity: true)
    }

    func delaySaves() {
        guard !dirty.isEmpty, settleWake == .none else { return }
        settleWake = loop.wake(at: loop.now + Self.settleDelay, self, token: Token.settle)
    }

    func sendOutgoing() {
        guard !outgoing.isEmpty else { return }
        outgoing.now = now
        if !outgoing.appends.isEmpty || !outgoing.saves.isEmpty { upkeep.noteWork(self, loop) }
        queue.add(outgoing)
        outgoing = LogWork()
    }

    func runPumps() {
        var batch: [LogGroup] = []
        swap(&batch, &pumping)
        for group in batch { group.pump() }
    }
}

extension EventLog: TurnParticipant {
    package func turnEnded() {
        isTurnEndDue = false
        if !failing.isEmpty {
            let failed = failing
            failing = []
            for (entry, error) in failed { entry.completion.published(.failed(error), token: entry.token) }
        }
        runPumps()
        handOver()
        sendOutgoing()
    }
}

extension EventLog: Sleeper {
    enum Token {
        static let settle: UInt64 = 0
        static let close: UInt64 = 1
        static let upkeep: UInt64 = 2
    }

    package func wake(_ token: UInt64) {
        switch token {
        case Token.settle:
            settleWake = .none
            saveDirty()
            sendOutgoing()
        case Token.close:
            guard state == .closing else { return }
            closed()
        default:
            upkeep.fired()
            for group in groups { group.noteProgress() }
            saveDirty()
            outgoing.isMaintenanceDue = true
            sendOutgoing()
            upkeep.again(self, loop)
        }
    }
}
