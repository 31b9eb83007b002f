internal import Bytes
internal import HTTP

/// Metrics of the HTTP API and of what is published through it (spec 6.4).
///
/// Per request: a look at the series that were used last, then additions. Names and labels are made once for each kind of request.
package final class RequestMetrics {
    /// Kinds of requests (method, path, status) that are found without their labels being made again.
    private static let recentLimit = 16

    private let settings: MetricSettings
    private let paths: PathLabel
    private let requests: MetricFamily<Counter>
    private let responses: MetricFamily<Counter>
    private let latencies: MetricFamily<Distribution>
    private let published: MetricFamily<Counter>
    private let publishLatencies: MetricFamily<Distribution>
    private let errors: MetricFamily<Counter>
    private let requestBytes: Distribution
    private let answerBytes: Distribution
    private var recent: [Series] = []
    private var lastHit = 0
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
        errors = registry.counter(
            "dapr_error_code_total", "Number of times an error with a specific errorcode was encountered.",
            labels: ["app_id", "category", "error_code"])
    }

    func ended(_ request: EndedRequest, elapsed: UInt64) {
        let elapsed = Int(truncatingIfNeeded: elapsed)
        let series = series(of: request)
        series.requests.add()
        series.responses?.add()
        series.latency.record(elapsed)
        series.published?.add()
        series.publishLatency?.record(elapsed)
        requestBytes.record(request.exchange.body.count)
        answerBytes.record(request.answerBytes)
    }

    func failed(code: String) {
        guard settings.countsErrorCodes else { return }
        let category = code.hasPrefix("ERR_PUBSUB_") ? "pubsub" : code.hasPrefix("ERR_HEALTH_") ? "health" : "common"
        errors.series([settings.appID, category, code]).add()
    }

    // MARK: Finding

    private func series(of request: EndedRequest) -> Series {
        let fields = request.exchange.fields
        let path = fields.bytes.rawSpan.extracting(request.exchange.head.target.path)
        if lastHit < recent.count, RequestMetrics.fits(recent[lastHit], request, path) { return recent[lastHit] }
        for index in recent.indices where RequestMetrics.fits(recent[index], request, path) {
            lastHit = index
            return recent[index]
        }
        return remembered(
            Key(
                method: request.exchange.method, status: request.status, egress: request.egress,
                path: Array(request.exchange.path)), request)
    }

    private static func fits(_ series: Series, _ request: EndedRequest, _ path: RawSpan) -> Bool {
        series.key.status == request.status && series.key.egress == request.egress
            && series.key.method == request.exchange.method && path.equals(series.key.path)
    }

    private func remembered(_ key: Key, _ request: EndedRequest) -> Series {
        let series = known[key] ?? make(key, request)
        if known.count < MetricRegistry.seriesLimit { known[key] = series }
        if recent.count < RequestMetrics.recentLimit {
            lastHit = recent.count
            recent.append(series)
        } else {
            // The one behind the last hit: in a round of many kinds, the one that will be needed last.
            lastHit = (lastHit + 1) % recent.count
            recent[lastHit] = series
        }
        return series
    }

    private func make(_ key: Key, _ request: EndedRequest) -> Series {
        let values = [
            settings.appID, settings.hidesMethods ? "" : methodLabel(request), paths.text(decoded(key.path)),
            "\(key.status)",
        ]
        let egress = [
            settings.appID, request.pubsub, settings.namespace, key.egress == .stored ? "true" : "false", request.topic,
        ]
        let isPublished = key.egress != .none
        return Series(
            key, requests: requests.series(values), responses: settings.showsPaths ? responses.series(values) : nil,
            latency: latencies.series(values), published: isPublished ? published.series(egress) : nil,
            publishLatency: isPublished ? publishLatencies.series(egress) : nil)
    }

    private func methodLabel(_ request: EndedRequest) -> String {
        request.exchange.method == .other ? "UNKNOWN" : request.method
    }

    private func decoded(_ path: [UInt8]) -> String {
        let safe = path.flatMap { $0 == 0x2B ? [0x25, 0x32, 0x42] : [$0] }
        return URLText.queryUnescapedText(safe.rawSpan) ?? String(decoding: path, as: UTF8.self)
    }
}
