internal import Glibc
internal import Loop
internal import Messaging
internal import Observability

/// What ends a sidecar, and how.
enum SidecarEnd: Equatable {
    /// A signal, or the API: with a drain, status 0.
    case graceful
    /// The API asked for an end without a drain: status 1.
    case forced
    /// Something that the sidecar cannot do without is gone for good: with a drain, status 1.
    case failed(String)
}

/// Waits for the first thing that ends the sidecar. Confined to its shard.
final class Lifecycle {
    private let loop: EventLoop
    private let log: Log
    private var watchers: [SignalWatcher] = []
    private var end: SidecarEnd?
    private var waiter: CheckedContinuation<SidecarEnd, Never>?

    init(loop: EventLoop, log: Log) {
        self.loop = loop
        self.log = log
    }

    /// Watches SIGINT and SIGTERM; a second one ends the process at once (spec 6.7).
    func watchSignals(_ options: SidecarOptions) throws(StartFailure) {
        guard options.watchesSignals else { return }
        for signal in [SIGINT, SIGTERM] {
            do {
                watchers.append(try SignalWatcher.watch(signal, on: loop) { [weak self] in self?.signalled() })
            } catch {
                throw StartFailure(reason: "\(error)")
            }
        }
    }

    /// Ends the sidecar; the first call counts.
    func finish(_ end: SidecarEnd) {
        guard self.end == nil else { return }
        self.end = end
        let waiting = waiter
        waiter = nil
        waiting?.resume(returning: end)
    }

    /// Whether the end has been called for.
    var isEnding: Bool { end != nil }

    /// Suspends until something ends the sidecar; the cancellation of the task does, gracefully.
    func waitForEnd() async -> SidecarEnd {
        if let end { return end }
        let canceller = Canceller(loop: loop) { [weak self] in self?.finish(.graceful) }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter = $0 }
        } onCancel: {
            canceller.cancelled()
        }
    }

    func stopWatching() {
        for watcher in watchers { watcher.close() }
        watchers = []
    }

    private func signalled() {
        guard end == nil else {
            log.fatal("a second signal: ending at once")
            exit(1)
        }
        finish(.graceful)
    }
}
