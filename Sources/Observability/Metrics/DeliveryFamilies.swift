internal import Delivery

/// The metrics of deliveries, for all subscriptions (spec 6.4, and what is ours under `martlet_`).
package final class DeliveryFamilies {
    let settings: MetricSettings
    let paths: PathLabel
    let ingress: MetricFamily<Counter>
    let ingressLatencies: MetricFamily<Distribution>
    let bulkCalls: MetricFamily<Counter>
    let bulkLatencies: MetricFamily<Distribution>
    let bulkEvents: MetricFamily<Counter>
    let clientSent: MetricFamily<Distribution>
    let clientReceived: MetricFamily<Distribution>
    let clientLatencies: MetricFamily<Distribution>
    let clientCompleted: MetricFamily<Counter>
    let retries: MetricFamily<Counter>
    let deadLettered: MetricFamily<Counter>
    let deadLetterFailures: MetricFamily<Counter>
    let lost: MetricFamily<Counter>
    let dropped: MetricFamily<Counter>

    package init(_ registry: MetricRegistry) {
        settings = registry.settings
        paths = PathLabel(settings)
        let latency = Distribution.Shape.latencies(settings.latencyBuckets)
        let incoming = ["app_id", "component", "namespace", "process_status", "status", "topic"]
        let client = ["app_id", "method", "path", "status"]
        ingress = registry.counter(
            "dapr_component_pubsub_ingress_count",
            "The number of incoming messages arriving from the pub/sub component.", labels: incoming, open: ["topic"])
        ingressLatencies = registry.distribution(
            "dapr_component_pubsub_ingress_latencies", "The consuming app event processing latency.",
            labels: incoming, open: ["topic"], latency)
        let bulk = ["app_id", "component", "namespace", "process_status", "topic"]
        bulkCalls = registry.counter(
            "dapr_component_pubsub_ingress_bulk_count",
            "The number of incoming bulk subscribe calls arriving from the bulk pub/sub component.", labels: bulk,
            open: ["topic"])
        bulkLatencies = registry.distribution(
            "dapr_component_pubsub_ingress_bulk_latencies",
            "The consuming app event processing latency for the bulk pub/sub component.", labels: bulk,
            open: ["topic"], latency)
        bulkEvents = registry.counter(
            "dapr_component_pubsub_ingress_bulk_event_count",
            "Total number of incoming messages arriving from the bulk pub/sub component via Bulk Subscribe.",
            labels: bulk, open: ["topic"])
        clientSent = registry.distribution(
            "dapr_http_client_sent_bytes", "Total bytes sent in request body (not including headers)", labels: client,
            open: ["path"], .sizes)
        clientReceived = registry.distribution(
            "dapr_http_client_received_bytes",
            "Total bytes received in response bodies (not including headers but including error responses with bodies)",
            labels: ["app_id"], .sizes)
        clientLatencies = registry.distribution(
            "dapr_http_client_roundtrip_latency",
            "Time between first byte of request headers sent to last byte of response received, or terminal error",
            labels: client, open: ["path"], latency)
        clientCompleted = registry.counter(
            "dapr_http_client_completed_count", "Count of completed requests", labels: client, open: ["path"])
        let ours = ["app_id", "component", "topic"]
        func count(_ name: String, _ help: String) -> MetricFamily<Counter> {
            registry.counter("martlet_delivery_\(name)_total", help, labels: ours, open: ["topic"])
        }
        retries = count("retries", "Failed attempts after which another one was planned.")
        deadLettered = count("dead_lettered", "Events that are in the dead letter topic, confirmed.")
        deadLetterFailures = count(
            "dead_letter_failures", "Writes to the dead letter topic that failed; the event stays.")
        lost = count("lost", "Events that a broker without memory has lost.")
        dropped = registry.counter(
            "martlet_delivery_dropped_total", "Events that left without the app's success, as somebody decided.",
            labels: ["app_id", "component", "reason", "topic"], open: ["topic"])
    }
}
