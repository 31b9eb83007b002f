internal import Bytes
internal import Delivery
package import HTTP
package import Messaging

/// Sends spans to one collector over HTTP: batches on a timer, one request at a time. Confined to a shard; taking a span never blocks.
package final class SpanCollector {
    /// What the collector understands.
    package enum Format: String, Sendable {
        case zipkin
        case otlp

        var contentType: StaticString { self == .zipkin ? ZipkinSpans.contentType : OTLPTraces.contentType }

        func encode(_ spans: [FinishedSpan], _ resource: SpanResource) -> [UInt8] {
            self == .zipkin ? ZipkinSpans.encode(spans, resource) : OTLPTraces.encode(spans, resource)
        }
    }

    /// After the first failures only every so many are logged.
    private static let everyFailure = 10

    package let format: Format
    package private(set) var queue = SpanQueue()
    private let address: CollectorAddress
    private let fields: HTTPFieldBlock
    private let timeout: Duration
    private let resource: SpanResource
    private let client: HTTPClient
    private let scheduler: any Scheduler
    private let log: Log
    private var wake = Wake.none
    private var isArmed = false
    private var isEnding = false
    private var waiter: CheckedContinuation<Void, Never>?

    /// - Parameters:
    ///   - fields: sent with every request; they often hold a key and are never shown.
    ///   - timeout: for one request.
    package init(
        format: Format, address: CollectorAddress, fields: [(name: String, value: String)], timeout: Duration,
        resource: SpanResource, client: HTTPClient, scheduler: any Scheduler, log: Log
    ) {
        self.format = format
        self.address = address
        self.timeout = timeout
        self.resource = resource
        self.client = client
        self.scheduler = scheduler
        self.log = log
        var block = HTTPFieldBlock()
        block.add("Content-Type", format.contentType)
        for field in fields where !block.add(name: field.name, value: field.value) {
            log.warning("exporting spans to \(address): the header \"\(field.name)\" cannot be sent and is left out")
        }
        self.fields = block
    }

    func take(_ span: FinishedSpan) {
        if queue.add(span) { return send() }
        if !isArmed, !queue.isOnItsWay { arm(SpanQueue.period) }
    }

    /// Sends what waits, and returns when all is sent, a request failed, or the time is over.
    package func flush(within limit: Duration) async {
        isEnding = true
        scheduler.cancel(wake)
        isArmed = false
        send()
        guard queue.isOnItsWay else { return client.close() }
        wake = scheduler.wake(at: scheduler.now + limit, self, token: 0)
        await withCheckedContinuation { waiter = $0 }
        scheduler.cancel(wake)
        client.close()
    }

    private func send() {
        guard let spans = queue.next() else { return }
        let request = HTTPClientRequest(
            method: "POST", target: Array(address.target.utf8), fields: fields,
            body: format.encode(spans, resource))
        client.send(request, deadline: scheduler.now + timeout, completion: self)
    }

    private func arm(_ wait: Duration) {
        isArmed = true
        wake = scheduler.wake(at: scheduler.now + wait, self, token: 0)
    }

    private func noteFailure(_ reason: String) {
        let failures = queue.failures
        guard failures <= 1 || failures % SpanCollector.everyFailure == 0 else { return }
        log.warning(
            "exporting spans to \(address): \(reason); \(queue.depth) wait, \(queue.overflowed + queue.refused) were dropped so far"
        )
    }

    private func resumeWaiter() {
        let waiting = waiter
        waiter = nil
        waiting?.resume()
    }
}

extension SpanCollector: HTTPClientCompletion {
    package func completed(_ result: HTTPClientResult, token: UInt64) {
        let ending: SpanQueue.Ending
        let reason: String
        switch result {
        case .response(let response):
            ending = SpanQueue.Ending(status: response.status)
            reason = "it answered \(response.status)"
        case .failure(let error):
            ending = .failed
            reason = error.description
        }
        let wait = queue.ended(ending)
        if ending != .accepted { noteFailure(reason) }
        if isEnding {
            if ending == .accepted, wait != nil { return send() }
            return resumeWaiter()
        }
        if let wait { wait == .zero ? send() : arm(wait) }
    }
}

extension SpanCollector: Sleeper {
    package func wake(_ token: UInt64) {
        if isEnding { return resumeWaiter() }
        isArmed = false
        send()
    }
}
