internal import CUV

/// Who owns a handle of libuv and is kept by it, as `uv_handle_t.data` says.
protocol HandleOwner: AnyObject {
    /// Closes the handle, if that has not begun yet. Nothing that it still tells needs to be heard.
    func loopEnds()
}

/// The end of a loop: descriptors and memory are given back, on the loop's own thread.
extension EventLoop {
    /// Closing waits so long for requests that cannot be called off, such as a name that is being looked up. Then what is left stays until
    /// the process ends.
    static let closingLimit: UInt64 = 1_000_000_000

    func close() {
        shutOut()
        let limit = uv_hrtime() + EventLoop.closingLimit
        unsafe closeOwn(wakeHandle)
        unsafe closeOwn(turnHandle)
        unsafe closeOwn(timerHandle)
        // Who hears that his stream is closed may open another one, which nothing keeps alive: everybody is asked again until nobody is left.
        var open = owners()
        repeat {
            for owner in open { owner.loopEnds() }
            unsafe uv_run(uv, UV_RUN_NOWAIT)
            if unsafe uv_loop_alive(uv) != 0 { uv_sleep(1) }
            open = owners()
        } while unsafe (!open.isEmpty || uv_loop_alive(uv) != 0) && uv_hrtime() < limit
        isClosed = unsafe uv_loop_close(uv) == 0
    }

    /// No other thread wakes the loop from here on.
    private func shutOut() {
        lock.withLock { isGone = true }
        while lock.withLock({ wakers > 0 }) { sched_yield() }
    }

    private func closeOwn<Handle>(_ handle: UnsafeMutablePointer<Handle>) {
        unsafe uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self), nil)
    }

    /// Everybody who has an open handle.
    private func owners() -> [any HandleOwner] {
        let found = Found()
        let argument = unsafe Unmanaged.passUnretained(found).toOpaque()
        withExtendedLifetime(found) { unsafe uv_walk(uv, EventLoop.visit, argument) }
        return found.owners
    }

    private final class Found {
        var owners: [any HandleOwner] = []
    }

    private static let visit: uv_walk_cb = { handle, argument in
        guard let handle = unsafe handle, let argument = unsafe argument, unsafe uv_is_closing(handle) == 0,
            let data = unsafe handle.pointee.data
        else { return }
        let object = unsafe Unmanaged<AnyObject>.fromOpaque(data).takeUnretainedValue()
        guard let owner = object as? any HandleOwner else { return }
        unsafe Unmanaged<Found>.fromOpaque(argument)._withUnsafeGuaranteedRef { $0.owners.append(owner) }
    }
}
