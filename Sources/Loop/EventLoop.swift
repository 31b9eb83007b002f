internal import CThread
internal import CUV
package import Messaging

/// The thread and the libuv loop under a shard: serial executor, task executor and scheduler in one.
///
/// A turn is one round of the loop: what the poll brought is handled by callbacks; then, before the next poll, come in this order the jobs of
/// the actor, the mailboxes, what participants collected (`atTurnEnd`), and last what connections have to write (`atFlush`).
@safe package final class EventLoop: SerialExecutor, TaskExecutor, Scheduler, @unchecked Sendable {
    /// The one read buffer of the shard: a read is handled before the next one starts.
    static let readBufferSize = 64 * 1024

    let lock = Lock()
    private var remoteJobs: [UnownedJob] = []
    private var remoteCalls: [@Sendable () -> Void] = []
    private var stopping = false
    /// Under the lock: the loop is being taken apart, and whoever has anything for it comes too late.
    var isGone = false
    /// Under the lock: threads that are waking the loop right now.
    var wakers = 0
    /// Whether libuv has given back everything.
    var isClosed = false
    private var localJobs: [UnownedJob] = []
    private var collecting: [any TurnParticipant] = []
    private var flushing: [any TurnParticipant] = []
    private var next: [any TurnParticipant] = []
    private var wheel: TimerWheel
    private var due: [(Wake, any Sleeper, UInt64)] = []
    private var armedFor: Instant?
    private var cachedNow: Instant?

    let uv: UnsafeMutablePointer<uv_loop_t>
    let readBuffer: UnsafeMutablePointer<CChar>
    let wakeHandle: UnsafeMutablePointer<uv_async_t>
    let turnHandle: UnsafeMutablePointer<uv_prepare_t>
    let timerHandle: UnsafeMutablePointer<uv_timer_t>

    package init() {
        unsafe uv = .allocate(capacity: 1)
        unsafe readBuffer = .allocate(capacity: EventLoop.readBufferSize)
        unsafe wakeHandle = .allocate(capacity: 1)
        unsafe turnHandle = .allocate(capacity: 1)
        unsafe timerHandle = .allocate(capacity: 1)
        wheel = TimerWheel(now: EventLoop.readMonotonic())
        let status = unsafe uv_loop_init(uv)
        precondition(status == 0, "libuv makes no loop: \(LoopError.text(of: status))")
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe uv_async_init(uv, wakeHandle) { _ in }
        unsafe uv_prepare_init(uv, turnHandle)
        unsafe turnHandle.pointee.data = me
        unsafe uv_prepare_start(turnHandle) { handle in
            guard let data = unsafe handle?.pointee.data else { return }
            unsafe Unmanaged<EventLoop>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.endTurn() }
        }
        unsafe uv_timer_init(uv, timerHandle)
        unsafe timerHandle.pointee.data = me
    }

    deinit {
        // libuv still refers to what was not closed.
        guard isClosed else { return }
        unsafe wakeHandle.deallocate()
        unsafe turnHandle.deallocate()
        unsafe timerHandle.deallocate()
        unsafe readBuffer.deallocate()
        unsafe uv.deallocate()
    }

    /// The loop of the calling thread. It traps on a thread that runs none: a caller is on a shard, or it is wrong.
    package static var current: EventLoop {
        guard let pointer = unsafe martlet_current_loop() else { preconditionFailure("this thread runs no event loop") }
        return unsafe Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Whether the calling thread is the one of this loop.
    package var isCurrent: Bool { unsafe martlet_current_loop() == Unmanaged.passUnretained(self).toOpaque() }

    // MARK: Running

    /// Runs the loop on the calling thread until `stop()`, once; then everything that is open on it is closed.
    package func run() {
        unsafe martlet_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
        unsafe uv_run(uv, UV_RUN_DEFAULT)
        close()
        martlet_set_current_loop(nil)
    }

    /// Ends `run()` after the current turn. From any thread. What waits for the loop then waits for ever.
    package func stop() {
        let wakes = lock.withLock {
            stopping = true
            return beginWaking(true)
        }
        if wakes { wake() }
    }

    /// Runs a call on the loop's thread at the end of a turn. From any thread; after the loop's end it is dropped.
    package func call(_ body: @escaping @Sendable () -> Void) {
        let wakes = lock.withLock {
            guard !isGone else { return false }
            remoteCalls.append(body)
            return beginWaking(remoteCalls.count == 1)
        }
        if wakes { wake() }
    }

    /// Under the lock: whether the caller has to call `wake()` now, as long as which the loop is not taken apart.
    private func beginWaking(_ isFirst: Bool) -> Bool {
        guard isFirst, !isGone else { return false }
        wakers += 1
        return true
    }

    private func wake() {
        unsafe uv_async_send(wakeHandle)
        lock.withLock { wakers -= 1 }
    }

    /// Starts control-plane work on this shard; it stays there over its suspensions. Called on the shard.
    @discardableResult
    package func launch(_ body: @escaping () async -> Void) -> Task<Void, Never> {
        assert(isCurrent, "work is launched on the shard it belongs to")
        // Not shared: the task runs on this thread only, as its executor preference says.
        nonisolated(unsafe) let body = body
        return Task(executorPreference: self) { unsafe await body() }
    }

    /// Suspends the calling task for a duration, on this shard. A cancelled task goes on at once, with the error.
    package func sleep(for duration: Duration) async throws(CancellationError) {
        let sleep = TaskSleep()
        await sleep.run(for: duration, on: self)
        if Task.isCancelled { throw CancellationError() }
    }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            localJobs.append(job)
            return
        }
        let wakes = lock.withLock {
            remoteJobs.append(job)
            return beginWaking(remoteJobs.count == 1)
        }
        if wakes { wake() }
    }

    package func checkIsolated() { precondition(isCurrent, "this belongs to another shard") }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    // MARK: Scheduler

    package var now: Instant {
        if let cachedNow { return cachedNow }
        let now = EventLoop.readMonotonic()
        cachedNow = now
        return now
    }

    package var wallClock: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    package func wake(at moment: Instant, _ sleeper: any Sleeper, token: UInt64) -> Wake {
        wheel.add(at: moment, sleeper, token: token)
    }

    package func cancel(_ wake: Wake) { wheel.remove(wake) }

    package func atTurnEnd(_ participant: any TurnParticipant) { collecting.append(participant) }

    /// Calls the participant once, at the end of this turn, after everything that was collected is done: where a connection writes.
    package func atFlush(_ participant: any TurnParticipant) { flushing.append(participant) }

    /// Calls the participant once, in the next turn, which begins without waiting: for who has more to do and lets the others go first.
    package func atNextTurn(_ participant: any TurnParticipant) { next.append(participant) }

    /// The number of this turn.
    package private(set) var turn: UInt64 = 0

    // MARK: The end of a turn

    private func endTurn() {
        turn &+= 1
        fireTimers()
        runNext()
        repeat {
            runRemote()
            runJobs()
            runCollectors()
            if collecting.isEmpty, localJobs.isEmpty { runFlushers() }
        } while !localJobs.isEmpty || !collecting.isEmpty || !flushing.isEmpty
        cachedNow = nil
        armTimer()
        if !next.isEmpty { unsafe uv_async_send(wakeHandle) }
        if lock.withLock({ stopping }) { unsafe uv_stop(uv) }
    }

    private func runRemote() {
        var calls: [@Sendable () -> Void] = []
        lock.withLock {
            if !remoteJobs.isEmpty {
                localJobs.append(contentsOf: remoteJobs)
                remoteJobs.removeAll(keepingCapacity: true)
            }
            if !remoteCalls.isEmpty { swap(&calls, &remoteCalls) }
        }
        for call in calls { call() }
    }

    /// The queue is taken out first: a job may enqueue jobs.
    private func runJobs() {
        while !localJobs.isEmpty {
            var batch: [UnownedJob] = []
            swap(&batch, &localJobs)
            for job in batch {
                unsafe job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
        }
    }

    /// The list is taken out first: a participant may ask for another end of turn. Its storage is given back where nobody did.
    private func runCollectors() {
        guard !collecting.isEmpty else { return }
        var batch: [any TurnParticipant] = []
        swap(&batch, &collecting)
        for participant in batch { participant.turnEnded() }
        guard collecting.isEmpty else { return }
        batch.removeAll(keepingCapacity: true)
        swap(&batch, &collecting)
    }

    /// The list is taken out first: who asks again comes in the turn after this one.
    private func runNext() {
        guard !next.isEmpty else { return }
        var batch: [any TurnParticipant] = []
        swap(&batch, &next)
        for participant in batch { participant.turnEnded() }
    }

    private func runFlushers() {
        guard !flushing.isEmpty else { return }
        var batch: [any TurnParticipant] = []
        swap(&batch, &flushing)
        for participant in batch { participant.turnEnded() }
        guard flushing.isEmpty else { return }
        batch.removeAll(keepingCapacity: true)
        swap(&batch, &flushing)
    }

    private func fireTimers() {
        guard wheel.count > 0 else { return }
        wheel.advance(to: now, into: &due)
        guard !due.isEmpty else { return }
        var batch: [(Wake, any Sleeper, UInt64)] = []
        swap(&batch, &due)
        for (wake, sleeper, token) in batch where wheel.finish(wake) { sleeper.wake(token) }
        batch.removeAll(keepingCapacity: true)
        if due.isEmpty { swap(&batch, &due) }
    }

    private func armTimer() {
        let next = wheel.nextAdvance()
        guard next != armedFor else { return }
        armedFor = next
        guard let next else {
            unsafe uv_timer_stop(timerHandle)
            return
        }
        // The timer only ends the poll; the wheel is advanced at the turn's end.
        let wait = next.elapsed(since: EventLoop.readMonotonic()).wholeNanoseconds
        unsafe uv_update_time(uv)
        unsafe uv_timer_start(timerHandle, EventLoop.timerFired, (wait + 999_999) / 1_000_000, 0)
    }

    private static let timerFired: uv_timer_cb = { handle in
        guard let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<EventLoop>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.armedFor = nil }
    }

    private static func readMonotonic() -> Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }
}
