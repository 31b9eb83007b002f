internal import Bytes
package import HTTP

/// Answers scrapes, on any path as in daprd (spec 6.4). The page is written on the shard: at the bound of every metric, some megabytes.
package final class MetricsEndpoint: HTTPHandler {
    private let registry: MetricRegistry

    package init(_ registry: MetricRegistry) { self.registry = registry }

    package func handle(_ exchange: HTTPExchange) {
        guard exchange.method == .get || exchange.method == .head else {
            return exchange.respond(405) { $0.add("Allow", "GET, HEAD" as StaticString) }
        }
        exchange.respond(200, body: registry.page()) { $0.add("Content-Type", MetricPage.contentType) }
    }
}
