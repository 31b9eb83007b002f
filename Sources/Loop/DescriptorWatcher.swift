internal import CUV

/// Tells a shard when a descriptor that somebody else owns (a C library, an eventfd) can be read or written.
///
/// The descriptor is made non-blocking. It is closed by its owner, after the watcher.
@safe package final class DescriptorWatcher {
    /// What a descriptor is ready for, or shall be watched for.
    package struct Readiness: OptionSet, Sendable {
        package let rawValue: Int32

        package init(rawValue: Int32) { self.rawValue = rawValue }

        /// A read does not block; the end of a stream counts.
        package static let read = Readiness(rawValue: Int32(UV_READABLE.rawValue))
        /// A write does not block.
        package static let write = Readiness(rawValue: Int32(UV_WRITABLE.rawValue))
        /// The peer closed its side.
        package static let end = Readiness(rawValue: Int32(UV_DISCONNECT.rawValue))
    }

    private let handle: UnsafeMutablePointer<uv_poll_t>
    private var isReady: ((Readiness) -> Void)?

    /// Makes a watcher that watches for nothing yet. A descriptor has one watcher at most.
    /// - Parameter isReady: is called on the shard, in every turn in which the descriptor is ready for what is watched.
    ///   Where the system reports an error on the descriptor, it is told all that is watched: the next call on the descriptor finds the error.
    package static func watch(
        _ descriptor: Int32, on loop: EventLoop, isReady: @escaping (Readiness) -> Void
    ) throws(LoopError) -> DescriptorWatcher {
        let watcher = DescriptorWatcher()
        let status = unsafe uv_poll_init(loop.uv, watcher.handle, descriptor)
        guard status == 0 else { throw LoopError("watching descriptor \(descriptor)", code: status) }
        watcher.isReady = isReady
        // Released in the close callback: libuv owns the object as long as it owns the handle.
        unsafe watcher.handle.pointee.data = Unmanaged.passRetained(watcher).toOpaque()
        return watcher
    }

    private init() { unsafe handle = .allocate(capacity: 1) }

    deinit { unsafe handle.deallocate() }

    /// Sets what is watched for; nothing of it suspends the watching.
    package func watch(for readiness: Readiness) {
        guard isReady != nil else { return }
        watched = readiness
        if readiness.isEmpty {
            unsafe uv_poll_stop(handle)
        } else {
            unsafe uv_poll_start(handle, readiness.rawValue, DescriptorWatcher.polled)
        }
    }

    private var watched: Readiness = []

    /// Stops watching. Idempotent; nothing is told afterwards.
    package func close() {
        guard isReady != nil else { return }
        isReady = nil
        unsafe uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let data = unsafe handle?.pointee.data else { return }
            unsafe Unmanaged<DescriptorWatcher>.fromOpaque(data).release()
        }
    }

    private func polled(_ status: CInt, _ events: CInt) {
        isReady?(status == 0 ? Readiness(rawValue: events) : watched)
    }

    private static let polled: uv_poll_cb = { handle, status, events in
        guard let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<DescriptorWatcher>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.polled(status, events) }
    }
}

extension DescriptorWatcher: HandleOwner {
    func loopEnds() { close() }
}
