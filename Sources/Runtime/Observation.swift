internal import HTTP
internal import Observability

/// What watches a sidecar: each part is nil where it is switched off.
struct Observation {
    var registry: MetricRegistry?
    var deliveries: DeliveryFamilies?
    var components: ComponentMetrics?
    var policies: PolicyFamilies?
    var probes: ProbeMetrics?
    var lag: LagWatch?
    var requests: RequestObserver?
    var server: HTTPServer?
    var exporter: SpanExporter?
}
