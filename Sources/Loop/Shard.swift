/// One thread, one loop, and everything that lives on it.
///
/// What is confined to a shard is made by `run`, stays in what it made, and is reached again through `run`.
package actor Shard {
    package nonisolated let loop: EventLoop
    private nonisolated let thread: NativeThread

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// Starts the thread. It ends with `stop()`.
    package init(name: String) {
        let loop = EventLoop()
        self.loop = loop
        thread = NativeThread.start(name: name) { loop.run() }
    }

    /// Runs control-plane work on the shard and waits for its end. Work that is launched in it goes on behind.
    package nonisolated func run<R: Sendable>(_ body: @escaping @Sendable () async -> R) async -> R {
        await Task(executorPreference: loop) { await body() }.value
    }

    /// Ends the loop after its current turn.
    package nonisolated func stop() { loop.stop() }

    /// Waits for the end of the thread. Never called from a shard.
    package nonisolated func join() { thread.join() }
}
