internal import CUV
internal import Messaging

/// Tells a shard that something in a directory changed: an entry was made, written, renamed or removed.
///
/// It says that, not what: the reader lists the directory again. Below the directory nothing is watched, and a directory
/// that is itself removed is not told; a slow poll beside this finds what the system's notification misses (network file systems).
@safe package final class FileWatcher {
    private let loop: EventLoop
    private let handle: UnsafeMutablePointer<uv_fs_event_t>
    private var changed: (() -> Void)?
    private var isCollecting = false

    /// Watches from now on.
    /// - Parameter changed: is called on the shard, at most once a turn, at the turn's end.
    package static func watch(
        _ directory: String, on loop: EventLoop, changed: @escaping () -> Void
    ) throws(LoopError) -> FileWatcher {
        let watcher = FileWatcher(on: loop, changed: changed)
        let status = unsafe uv_fs_event_start(watcher.handle, FileWatcher.happened, directory, 0)
        guard status == 0 else {
            watcher.close()
            throw LoopError("watching \(directory)", code: status)
        }
        return watcher
    }

    private init(on loop: EventLoop, changed: @escaping () -> Void) {
        self.loop = loop
        self.changed = changed
        unsafe handle = .allocate(capacity: 1)
        unsafe uv_fs_event_init(loop.uv, handle)
        // Released in the close callback: libuv owns the object as long as it owns the handle.
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    deinit { unsafe handle.deallocate() }

    /// Stops watching. Idempotent; nothing is told afterwards.
    package func close() {
        guard changed != nil else { return }
        changed = nil
        unsafe uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let data = unsafe handle?.pointee.data else { return }
            unsafe Unmanaged<FileWatcher>.fromOpaque(data).release()
        }
    }

    private func collect() {
        guard !isCollecting else { return }
        isCollecting = true
        loop.atTurnEnd(self)
    }

    private static let happened: uv_fs_event_cb = { handle, _, _, _ in
        guard let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<FileWatcher>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.collect() }
    }
}

extension FileWatcher: TurnParticipant {
    package func turnEnded() {
        isCollecting = false
        changed?()
    }
}

extension FileWatcher: HandleOwner {
    func loopEnds() { close() }
}
