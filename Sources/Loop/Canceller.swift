/// Brings the cancellation of a task, which may come on any thread, to the shard that the task runs on.
@safe package final class Canceller: @unchecked Sendable {
    private let loop: EventLoop
    /// Called on the shard only.
    private let body: () -> Void

    /// Made on the shard, where the body will be called.
    package init(loop: EventLoop, _ body: @escaping () -> Void) {
        assert(loop.isCurrent, "a canceller is made on the shard that it calls")
        self.loop = loop
        self.body = body
    }

    /// From any thread.
    package func cancelled() { loop.call { self.body() } }
}
