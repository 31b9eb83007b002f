internal import Loop
internal import Messaging

/// What ends a sidecar, and how.
enum SidecarEnd: Equatable {
    /// A signal, or the API: with a drain, status 0.
    case graceful
    /// SIGHUP: with a drain, and another sidecar takes its place.
    case restart
    /// The API asked for an end without a drain: status 1.
    case forced
    /// Something that the sidecar cannot do without is gone for good: with a drain, status 1.
    case failed(String)
}

/// Waits for the first thing that ends the sidecar. Confined to its shard.
final class Lifecycle {
    private let loop: EventLoop
    private var waiter: CheckedContinuation<SidecarEnd, Never>?

    /// What ended it, once something has.
    private(set) var endedFor: SidecarEnd?

    init(loop: EventLoop) { self.loop = loop }

    /// Ends the sidecar; the first call counts, except that a restart may still become an end.
    func finish(_ end: SidecarEnd) {
        if endedFor == .restart, end != .restart { endedFor = end }
        guard endedFor == nil else { return }
        endedFor = end
        let waiting = waiter
        waiter = nil
        waiting?.resume(returning: end)
    }

    /// Whether the end has been called for.
    var isEnding: Bool { endedFor != nil }

    /// Suspends until something ends the sidecar; the cancellation of the task does, gracefully.
    func waitForEnd() async -> SidecarEnd {
        if let endedFor { return endedFor }
        let canceller = Canceller(loop: loop) { [weak self] in self?.finish(.graceful) }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter = $0 }
        } onCancel: {
            canceller.cancelled()
        }
    }
}
