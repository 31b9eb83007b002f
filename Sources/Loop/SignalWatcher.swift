internal import CUV

/// Tells a shard about one of the process's signals. Several watchers, on any shards, may watch the same signal; each of them is told.
///
/// While a signal is watched its default action (such as ending the process) does not happen.
/// Threads of ours block all signals, so the process's main thread has to leave them open, as it does unless somebody blocked them.
@safe package final class SignalWatcher {
    private let handle: UnsafeMutablePointer<uv_signal_t>
    private var arrived: (() -> Void)?

    /// Watches from now on. Signals that come faster than the turns of the loop are told once.
    /// - Parameters:
    ///   - signal: its number, such as `SIGTERM`.
    ///   - arrived: is called on the shard.
    package static func watch(
        _ signal: Int32, on loop: EventLoop, arrived: @escaping () -> Void
    ) throws(LoopError) -> SignalWatcher {
        let watcher = SignalWatcher(on: loop, arrived: arrived)
        let status = unsafe uv_signal_start(watcher.handle, SignalWatcher.signalled, signal)
        guard status == 0 else {
            watcher.close()
            throw LoopError("watching signal \(signal)", code: status)
        }
        return watcher
    }

    private init(on loop: EventLoop, arrived: @escaping () -> Void) {
        self.arrived = arrived
        unsafe handle = .allocate(capacity: 1)
        unsafe uv_signal_init(loop.uv, handle)
        // Released in the close callback: libuv owns the object as long as it owns the handle.
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    deinit { unsafe handle.deallocate() }

    /// Stops watching. Idempotent; nothing is told afterwards.
    package func close() {
        guard arrived != nil else { return }
        arrived = nil
        unsafe uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let data = unsafe handle?.pointee.data else { return }
            unsafe Unmanaged<SignalWatcher>.fromOpaque(data).release()
        }
    }

    private static let signalled: uv_signal_cb = { handle, _ in
        guard let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<SignalWatcher>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.arrived?() }
    }
}

extension SignalWatcher: HandleOwner {
    func loopEnds() { close() }
}
