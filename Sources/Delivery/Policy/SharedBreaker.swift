package import Messaging

/// One circuit breaker as everybody who calls through it sees it: all subscriptions of a component share one.
///
/// Confined to the shard of its component.
package final class SharedBreaker {
    /// Policy and component, such as `c-orders`.
    package let name: String
    private var breaker: CircuitBreaker
    private let scheduler: any Scheduler
    private let report: (_ name: String, _ from: CircuitBreaker.State, _ to: CircuitBreaker.State) -> Void

    /// - Parameter report: told of every change of state; it must not call back.
    package init(
        name: String, settings: CircuitBreaker.Settings, scheduler: any Scheduler,
        trips: @escaping @Sendable (CircuitBreaker.Counts) -> Bool = CircuitBreaker.standardTrip,
        report: @escaping (_ name: String, _ from: CircuitBreaker.State, _ to: CircuitBreaker.State) -> Void
    ) {
        self.name = name
        self.scheduler = scheduler
        self.report = report
        breaker = CircuitBreaker(settings, now: scheduler.now, trips: trips)
    }

    /// Where it stood after the last call.
    package var state: CircuitBreaker.State { breaker.state }

    /// A call wants to begin.
    /// - Parameter observer: is told where that changes the breaker's state.
    package func admit(for observer: (any PolicyObserver)? = nil) -> CircuitBreaker.Admission {
        let before = breaker.state
        defer { tell(before, observer) }
        return breaker.admit(now: scheduler.now)
    }

    /// A call that was admitted has ended.
    package func ended(ticket: UInt64, isSuccess: Bool, for observer: (any PolicyObserver)? = nil) {
        let before = breaker.state
        breaker.ended(ticket: ticket, isSuccess: isSuccess, now: scheduler.now)
        tell(before, observer)
    }

    /// A call that was admitted was given up and tells nothing.
    package func withdrawn(ticket: UInt64, for observer: (any PolicyObserver)? = nil) {
        let before = breaker.state
        breaker.withdrawn(ticket: ticket, now: scheduler.now)
        tell(before, observer)
    }

    private func tell(_ before: CircuitBreaker.State, _ observer: (any PolicyObserver)?) {
        guard breaker.state != before else { return }
        report(name, before, breaker.state)
        observer?.breakerChanged(to: breaker.state)
    }
}
