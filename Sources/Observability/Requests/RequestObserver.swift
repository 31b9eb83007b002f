package import Delivery
package import HTTP
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

    /// A request was answered. The names are asked for only where they are needed: nearly never without exporters.
    package func ended(_ exchange: HTTPExchange, _ request: EndedRequest, _ names: () -> RequestNames) {
        metrics?.ended(exchange, request, elapsed: scheduler.now.nanoseconds &- request.began.nanoseconds, names)
        if tracer.recorder(of: request.span) != nil { endedEntry(exchange, request, names()) }
    }

    /// A request, or one entry of a bulk request, ended: its span is over.
    package func endedEntry(_ exchange: HTTPExchange, _ request: EndedRequest, _ names: RequestNames) {
        guard let recorder = tracer.recorder(of: request.span) else { return }
        let kind = names.pubsub.isEmpty ? .client : tracer.kind(.producer)
        RequestSpan.record(
            exchange, request, names, kind: kind, wallClock: scheduler.wallClock, now: scheduler.now, with: recorder)
    }

    /// An error was answered; `code` is the API's.
    package func failed(code: String) { metrics?.failed(code: code) }
}
