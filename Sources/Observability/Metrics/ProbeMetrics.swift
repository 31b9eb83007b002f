internal import Messaging

/// Counts health probes of the app, under daprd's names (spec 6.4). Not for the way of an event.
package final class ProbeMetrics {
    private let appID: String
    private let completed: MetricFamily<Counter>
    private let latency: MetricFamily<Distribution>

    package init(_ registry: MetricRegistry) {
        appID = registry.settings.appID
        completed = registry.counter(
            "dapr_http_healthprobes_completed_count", "Count of completed health probes", labels: ["app_id", "status"])
        latency = registry.distribution(
            "dapr_http_healthprobes_roundtrip_latency",
            "Time between first byte of health probes headers sent to last byte of response received, or terminal error",
            labels: ["app_id", "status"], .latencies(registry.settings.latencyBuckets))
    }

    /// A probe is over. `status` is zero where the app did not answer; daprd counts that as 500.
    package func probed(status: Int, took: Duration) {
        let values = [appID, "\(status == 0 ? 500 : status)"]
        completed.series(values).add()
        latency.series(values).record(Int(clamping: took.wholeNanoseconds))
    }
}
