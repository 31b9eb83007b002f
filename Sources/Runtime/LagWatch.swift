internal import Delivery
internal import Loop
internal import Messaging

/// How far the group of each subscription is behind, asked of the brokers when somebody scrapes. Confined to a shard.
///
/// A broker is asked at most once a second, and not again before it has answered. Nobody waits longer than 250 ms for it: what it says later is
/// on the next page.
final class LagWatch {
    /// What was asked less long ago is not asked again.
    static let freshness: Duration = .seconds(1)
    /// For so long a page waits for answers.
    static let patience: Duration = .milliseconds(250)

    private let scheduler: EventLoop
    private var known: [ObjectIdentifier: Int] = [:]
    private var asking: Set<ObjectIdentifier> = []
    private var lastAsked: Instant?
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var wake = Wake.none

    init(_ loop: EventLoop) { scheduler = loop }

    /// What is known of a subscription; nil where its broker cannot tell, or has not.
    subscript(subscription: Subscription) -> Int? { known[ObjectIdentifier(subscription)] }

    /// Brings up to date what is known of these subscriptions, and forgets the others.
    func measure(_ subscriptions: [Subscription]) async {
        ask(subscriptions.filter { $0.broker.capabilities.contains(.lag) })
        await withCheckedContinuation { wait($0) }
    }

    private func wait(_ waiter: CheckedContinuation<Void, Never>) {
        // Looked at here, as the answers may have come while the task was suspended.
        guard !asking.isEmpty else { return waiter.resume() }
        if waiters.isEmpty { wake = scheduler.wake(at: scheduler.now + LagWatch.patience, self, token: 0) }
        waiters.append(waiter)
    }

    private func ask(_ subscriptions: [Subscription]) {
        if let lastAsked, scheduler.now.elapsed(since: lastAsked) < LagWatch.freshness { return }
        lastAsked = scheduler.now
        let present = Set(subscriptions.map { ObjectIdentifier($0) })
        known = known.filter { present.contains($0.key) }
        for subscription in subscriptions where asking.insert(ObjectIdentifier(subscription)).inserted {
            scheduler.launch {
                let lag = await subscription.lag()
                self.answered(ObjectIdentifier(subscription), lag)
            }
        }
    }

    private func answered(_ subscription: ObjectIdentifier, _ lag: Int?) {
        known[subscription] = lag
        asking.remove(subscription)
        if asking.isEmpty { goOn() }
    }

    private func goOn() {
        scheduler.cancel(wake)
        wake = .none
        let ready = waiters
        waiters = []
        for waiter in ready { waiter.resume() }
    }
}

extension LagWatch: Sleeper {
    func wake(_ token: UInt64) { goOn() }
}
