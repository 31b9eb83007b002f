internal import Bytes
internal import HTTP

/// Metrics of the HTTP API and of what is published through it (spec 6.4).
///
/// Per request: a look at the series that were used last, then additions. Names and labels are made once for each kind of request.
package final class RequestMetrics {
    /// Places for kinds of requests (method, path, status) that are found without a key being made; a power of two.
    private static let places = 256

    private let settings: MetricSettings
    private let paths: PathLabel
    private let requests: MetricFamily<Counter>
    private let responses: MetricFamily<Counter>
    private let latencies: MetricFamily<Distribution>
    private let published: MetricFamily<Counter>
    private let publishLatencies: MetricFamily<Distribution>
    private let bulkPublished: MetricFamily<Counter>
    private let bulkPublishLatencies: MetricFamily<Distribution>
    private let errors: MetricFamily<Counter>
    private let requestBytes: Distribution
    private let answerBytes: Distribution
    /// Each at the place that its path's hash gives; two paths at one place take turns.
    private var recent = [Series?](repeating: nil, count: RequestMetrics.places)
    private var last: Series?
    private var known: [Key: Series] = [:]

    private struct Key: Hashable {
        var method: HTTPMethod
        var status: Int
        var egress: EndedRequest.Egress
        var path: [UInt8]
    }

    /// Everything that one kind of request counts.
    private final class Series {
        let key: Key
        let requests: Counter
        let responses: Counter?
        let latency: Distribution
        let published: Counter?
        let publishLatency: Distribution?

        init(
            _ key: Key, requests: Counter, responses: Counter?, latency: Distribution, published: Counter?,
            publishLatency: Distribution?
        ) {
            self.key = key
            self.requests = requests
            self.responses = responses
            self.latency = latency
            self.published = published
            self.publishLatency = publishLatency
        }
    }

    package init(_ registry: MetricRegistry) {
        settings = registry.settings
        paths = PathLabel(settings)
        let server = ["app_id", "method", "path", "status"]
        let egress = ["app_id", "component", "namespace", "success", "topic"]
        let latency = Distribution.Shape.latencies(settings.latencyBuckets)
        requests = registry.counter(
            "dapr_http_server_request_count", "Count of HTTP requests processed by the server.", labels: server,
            open: ["path"])
        responses = registry.counter(
            "dapr_http_server_response_count", "The number of HTTP responses", labels: server, open: ["path"])
        latencies = registry.distribution(
            "dapr_http_server_latency", "HTTP request end-to-end latency in server.", labels: server, open: ["path"],
            latency)
        requestBytes = registry.distribution(
            "dapr_http_server_request_bytes",
            "HTTP request body size if set as ContentLength (uncompressed) in server.", labels: ["app_id"], .sizes
        ).series([settings.appID])
        answerBytes = registry.distribution(
            "dapr_http_server_response_bytes", "HTTP response body size (uncompressed) in server.",
            labels: ["app_id"], .sizes
        ).series([settings.appID])
        published = registry.counter(
            "dapr_component_pubsub_egress_count",
            "The number of outgoing messages published to the pub/sub component.", labels: egress, open: ["topic"])
        publishLatencies = registry.distribution(
            "dapr_component_pubsub_egress_latencies", "The latency of the response from the pub/sub component.",
            labels: egress, open: ["topic"], latency)
        bulkPublished = registry.counter(
            "dapr_component_pubsub_egress_bulk_count", "The number of bulk publish calls to the pub/sub component.",
            labels: egress, open: ["topic"])
        bulkPublishLatencies = registry.distribution(
            "dapr_component_pubsub_egress_bulk_latencies",
            "The latency of the response for the bulk publish call from the pub/sub component.", labels: egress,
            open: ["topic"], latency)
        errors = registry.counter(
            "dapr_error_code_total", "Number of times an error with a specific errorcode was encountered.",
            labels: ["app_id", "category", "error_code"])
    }

    func ended(_ exchange: HTTPExchange, _ request: EndedRequest, elapsed: UInt64, _ names: () -> RequestNames) {
        let elapsed = Int(truncatingIfNeeded: elapsed)
        let series = series(exchange, request, names)
        let bucket = series.latency.bucket(of: elapsed)
        series.requests.add()
        series.responses?.add()
        series.latency.record(elapsed, in: bucket)
        series.published?.add()
        series.publishLatency?.record(elapsed, in: bucket)
        requestBytes.record(exchange.body.count)
        answerBytes.record(request.answerBytes)
    }

    func failed(code: String) {
        guard settings.countsErrorCodes else { return }
        let category = code.hasPrefix("ERR_PUBSUB_") ? "pubsub" : code.hasPrefix("ERR_HEALTH_") ? "health" : "common"
        errors.series([settings.appID, category, code]).add()
    }

    // MARK: Finding

    private func series(_ exchange: HTTPExchange, _ request: EndedRequest, _ names: () -> RequestNames) -> Series {
        let method = exchange.method
        if let last, RequestMetrics.fits(last, request, method, exchange) { return last }
        let place = Int(truncatingIfNeeded: exchange.pathHash) & (RequestMetrics.places - 1)
        if let kept = recent[place], RequestMetrics.fits(kept, request, method, exchange) {
            last = kept
            return kept
        }
        let key = Key(method: method, status: request.status, egress: request.egress, path: Array(exchange.path))
        let series = remembered(key, exchange, names)
        recent[place] = series
        last = series
        return series
    }

    private static func fits(
        _ series: Series, _ request: EndedRequest, _ method: HTTPMethod, _ exchange: HTTPExchange
    ) -> Bool {
        series.key.status == request.status && series.key.egress == request.egress && series.key.method == method
            && exchange.hasPath(series.key.path)
    }

    private func remembered(_ key: Key, _ exchange: HTTPExchange, _ names: () -> RequestNames) -> Series {
        if let series = known[key] { return series }
        let series = make(key, exchange, names())
        if known.count < MetricRegistry.seriesLimit { known[key] = series }
        return series
    }

    private func make(_ key: Key, _ exchange: HTTPExchange, _ names: RequestNames) -> Series {
        let method = exchange.method == .other ? "UNKNOWN" : exchange.methodText
        let values = [
            settings.appID, settings.hidesMethods ? "" : method, paths.text(decoded(key.path)), "\(key.status)",
        ]
        let egress = [
            settings.appID, names.pubsub, settings.namespace, key.egress.isStored ? "true" : "false", names.topic,
        ]
        let isPublished = key.egress != .none
        let counts = key.egress.isBulk ? bulkPublished : published
        let times = key.egress.isBulk ? bulkPublishLatencies : publishLatencies
        return Series(
            key, requests: requests.series(values), responses: settings.showsPaths ? responses.series(values) : nil,
            latency: latencies.series(values), published: isPublished ? counts.series(egress) : nil,
            publishLatency: isPublished ? times.series(egress) : nil)
    }

    private func decoded(_ path: [UInt8]) -> String {
        let safe = path.flatMap { $0 == 0x2B ? [0x25, 0x32, 0x42] : [$0] }
        return URLText.queryUnescapedText(safe.rawSpan) ?? String(decoding: path, as: UTF8.self)
    }
}
