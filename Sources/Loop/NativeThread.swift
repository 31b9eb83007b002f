internal import CThread
internal import CUV

/// A thread of our own: the only kind on which a call may block.
@safe package final class NativeThread: @unchecked Sendable {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private var thread = pthread_t()

    private init() {}

    /// Starts a thread. All signals are blocked in it: they belong to the shard that watches them.
    /// - Parameter name: shown by `top -H` and debuggers; cut to 15 bytes.
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) -> NativeThread {
        let native = NativeThread()
        let start = unsafe Unmanaged.passRetained(Start(name, body)).toOpaque()
        var blocked = sigset_t()
        var former = sigset_t()
        unsafe sigfillset(&blocked)
        unsafe pthread_sigmask(SIG_SETMASK, &blocked, &former)
        let status = unsafe pthread_create(&native.thread, nil, NativeThread.main, start)
        unsafe pthread_sigmask(SIG_SETMASK, &former, nil)
        precondition(status == 0, "the system refuses another thread")
        return native
    }

    /// Waits until the thread has ended. Called once, from a thread that may block.
    package func join() { pthread_join(thread, nil) }

    // A named function: swiftc 6.3.1 crashes on a closure here.
    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
        guard let argument = unsafe argument else { return nil }
        let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        unsafe martlet_name_thread(String(start.name.utf8.prefix(15)) ?? "martlet")
        start.body()
        return nil
    }
}
