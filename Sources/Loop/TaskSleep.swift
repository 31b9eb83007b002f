internal import Messaging

/// One `sleep(for:)`: a continuation that the wheel or a cancellation resumes, whichever is first.
final class TaskSleep: Sleeper, @unchecked Sendable {
    private var continuation: CheckedContinuation<Void, Never>?
    private var isCancelled = false

    func run(for duration: Duration, on loop: EventLoop) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if isCancelled { return continuation.resume() }
                self.continuation = continuation
                _ = loop.wake(at: loop.now + duration, self, token: 0)
            }
        } onCancel: {
            // The canceller may be on another thread; the state is touched on the shard only.
            loop.call { self.cancelled() }
        }
    }

    func wake(_ token: UInt64) { resume() }

    private func cancelled() {
        isCancelled = true
        resume()
    }

    private func resume() {
        let continuation = continuation
        self.continuation = nil
        continuation?.resume()
    }
}
