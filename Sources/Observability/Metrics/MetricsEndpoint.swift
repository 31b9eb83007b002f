internal import Bytes
package import HTTP

/// Answers scrapes, on any path as in daprd (spec 6.4). The page is written on the shard: at the bound of every metric, some megabytes.
package final class MetricsEndpoint: HTTPHandler {
    private let registry: MetricRegistry
    private let prepare: (@escaping () -> Void) -> Void

    /// - Parameter prepare: is called for every scrape and calls back, once and soon, when the page may be written.
    package init(
        _ registry: MetricRegistry, prepare: @escaping (_ page: @escaping () -> Void) -> Void = { $0() }
    ) {
        self.registry = registry
        self.prepare = prepare
    }

    package func handle(_ exchange: HTTPExchange) {
        guard exchange.method == .get || exchange.method == .head else {
            return exchange.respond(405) { $0.add("Allow", "GET, HEAD" as StaticString) }
        }
        prepare { [registry] in
            exchange.respond(200, body: registry.page()) { $0.add("Content-Type", MetricPage.contentType) }
        }
    }
}
