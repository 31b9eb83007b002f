internal import Messaging

/// The rate of one subscription, and whether it waits for its next call.
struct CallPacing {
    var limit: RateLimit
    var isWaiting = false

    init(perSecond: Double) { limit = RateLimit(perSecond: perSecond) }
}

/// Calls at a bounded rate: what is ready waits in its lanes.
extension Subscription {
    static let paceToken = UInt64.max - 1

    /// Starts every event that may go now, and comes again when the next one may.
    func pumpPaced() {
        while !isEnding, engine.canStart, let wait = pacing?.limit.wait(at: scheduler.now) {
            guard wait == .zero else { return waitForPace(wait) }
            guard let slot = engine.start() else { return }
            pacing?.limit.take(at: scheduler.now)
            begin(slot)
        }
    }

    func paceReturned() {
        pacing?.isWaiting = false
        noteWork()
    }

    private func waitForPace(_ wait: Duration) {
        guard pacing?.isWaiting == false else { return }
        pacing?.isWaiting = true
        _ = scheduler.wake(at: scheduler.now + wait, self, token: Subscription.paceToken)
    }
}
