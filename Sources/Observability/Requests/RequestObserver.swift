package import Delivery
package import Messaging

/// Takes each answered request of the API to metrics and exporters, whichever there are. Confined to a shard.
package final class RequestObserver {
    private let metrics: RequestMetrics?
    private let tracer: Tracer
    private let scheduler: any Scheduler

    /// - Parameter metrics: nil where metrics are off.
    package init(metrics: RequestMetrics?, tracer: Tracer, scheduler: any Scheduler) {
        self.metrics = metrics
        self.tracer = tracer
        self.scheduler = scheduler
    }

    /// The time of this turn, for the beginning of a request.
    package var now: Instant { scheduler.now }

    /// A request was answered.
    package func ended(_ request: EndedRequest) {
        metrics?.ended(request, elapsed: scheduler.now.nanoseconds &- request.began.nanoseconds)
        guard let recorder = tracer.recorder(of: request.span) else { return }
        RequestSpan.record(request, wallClock: scheduler.wallClock, now: scheduler.now, with: recorder)
    }

    /// An error was answered; `code` is the API's.
    package func failed(code: String) { metrics?.failed(code: code) }
}
