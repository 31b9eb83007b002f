package import Messaging

/// Keeps one component connected: one attempt after the other with back-off, and the truth about its health.
///
/// It is the `PubSubHost` of its adapter. Confined to the component's home shard.
package final class ComponentSupervisor {
    /// How a component stands.
    package enum Health: Sendable, Equatable {
        /// It was never connected; the latest reason, once there is one.
        case connecting(ComponentError?)
        /// It is connected.
        case connected
        /// It was connected and is not now.
        case lost(ComponentError)
        /// It will not be tried again.
        case refused(ComponentError)
        case closed
    }

    /// How long an attempt at start is waited for before others go on without it, and within which a publish must be answered.
    package static let attemptLimit: Duration = .seconds(5)

    package let title: String
    package private(set) var health = Health.connecting(nil)
    /// Whether it was connected at least once: readiness asks for this, not for the present state.
    package private(set) var wasConnected = false
    private let scheduler: any Scheduler
    private let report: (Report) -> Void
    private var backoff = Backoff()
    private var connectedSince: Instant?
    private var waiter: CheckedContinuation<Void, Never>?
    private var wake = Wake.none
    private var random: () -> Double

    /// What the log is told.
    package enum Report {
        case connected(title: String, again: Bool)
        case attemptFailed(title: String, ComponentError, retryIn: Duration, attempt: Int)
        case lost(title: String, ComponentError)
        case refused(title: String, ComponentError)
        case warning(title: String, String)
    }

    package init(
        title: String, scheduler: any Scheduler, random: @escaping () -> Double, report: @escaping (Report) -> Void
    ) {
        self.title = title
        self.scheduler = scheduler
        self.random = random
        self.report = report
    }

    /// Connects, and connects again after every loss, until `close()`. It returns when the component refuses for good.
    ///
    /// At start a refusal (credentials, certificate, settings) is final; after a first connection it is tried again, since a broker's
    /// credentials may be rotated under a running sidecar.
    package func run(_ adapter: any PubSub) async {
        var attempt = 0
        while health != .closed {
            attempt += 1
            do {
                try await adapter.connect()
                if health == .closed { return }
                connected()
                attempt = 0
                await waitWhileConnected()
            } catch {
                if health == .closed { return }
                guard await handle(error, attempt: attempt) else { return }
            }
        }
    }

    /// Ends `run`. The adapter is closed by its owner.
    package func close() {
        health = .closed
        resume()
    }

    private func connected() {
        let again = wasConnected
        wasConnected = true
        connectedSince = scheduler.now
        health = .connected
        // Last: whoever is told may look at the health.
        report(.connected(title: title, again: again))
    }

    /// False where trying again makes no sense.
    private func handle(_ error: ComponentError, attempt: Int) async -> Bool {
        var error = error
        if error.component.isEmpty { error.component = title }
        let isFinal = (error.code == .refused || error.code == .settings || error.code == .storage) && !wasConnected
        if isFinal {
            health = .refused(error)
            report(.refused(title: title, error))
            return false
        }
        health = wasConnected ? .lost(error) : .connecting(error)
        let wait = backoff.next(random: random())
        report(.attemptFailed(title: title, error, retryIn: wait, attempt: attempt))
        await withCheckedContinuation { continuation in
            waiter = continuation
            wake = scheduler.wake(at: scheduler.now + wait, self, token: 0)
        }
        return true
    }

    private func waitWhileConnected() async {
        guard case .connected = health else { return }
        await withCheckedContinuation { waiter = $0 }
    }

    private func resume() {
        scheduler.cancel(wake)
        let waiting = waiter
        waiter = nil
        waiting?.resume()
    }
}

extension ComponentSupervisor: PubSubHost {
    package func connectionLost(_ error: ComponentError) {
        guard health == .connected else { return }
        var error = error
        if error.component.isEmpty { error.component = title }
        health = .lost(error)
        if let connectedSince { backoff.connectionHeld(for: scheduler.now.elapsed(since: connectedSince)) }
        report(.lost(title: title, error))
        resume()
    }

    package func warn(_ message: String) { report(.warning(title: title, message)) }
}

extension ComponentSupervisor: Sleeper {
    package func wake(_ token: UInt64) { resume() }
}
