import Messaging
import MessagingTesting

/// Runs the control plane's tasks on the thread of the simulation, in the order in which they become ready, at the ends of the clock's turns: as
/// the executor of a shard does.
///
/// Not shared: a simulation is made, runs and ends on one thread.
final class SimulatedExecutor: TaskExecutor, TurnParticipant, @unchecked Sendable {
    private let clock: ManualScheduler
    private var jobs: [UnownedJob] = []
    private var isDue = false

    init(_ clock: ManualScheduler) { self.clock = clock }

    func enqueue(_ job: consuming ExecutorJob) {
        jobs.append(UnownedJob(job))
        guard !isDue else { return }
        isDue = true
        clock.atTurnEnd(self)
    }

    func turnEnded() {
        isDue = false
        var batch: [UnownedJob] = []
        swap(&batch, &jobs)
        for job in batch { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Starts control-plane work; it begins at the turn's end.
    func launch(_ body: @escaping () async -> Void) {
        nonisolated(unsafe) let body = body
        Task(executorPreference: self) { await body() }
    }

    /// Suspends the calling task.
    func sleep(milliseconds: Int) async {
        await withCheckedContinuation { continuation in
            _ = clock.wake(at: clock.now + .milliseconds(milliseconds), Alarm(continuation), token: 0)
        }
    }
}

private final class Alarm: Sleeper {
    private let continuation: CheckedContinuation<Void, Never>

    init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = continuation }

    func wake(_ token: UInt64) { continuation.resume() }
}
