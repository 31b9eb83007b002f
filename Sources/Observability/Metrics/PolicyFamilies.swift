internal import Delivery

/// The metrics of Resiliency resources, for all components (spec 6.4).
package final class PolicyFamilies {
    static let stateName = "dapr_resiliency_cb_state"
    static let stateHelp =
        "A resiliency policy's current CircuitBreakerState state. 0 is closed, 1 is half-open, 2 is open, and -1 is unknown."
    static let labels = ["app_id", "flow_direction", "name", "namespace", "policy", "status", "target"]

    let appID: String
    let applied: MetricFamily<Counter>
    let activations: MetricFamily<Counter>
    private let loaded: MetricFamily<Counter>

    package init(_ registry: MetricRegistry) {
        appID = registry.settings.appID
        loaded = registry.counter(
            "dapr_resiliency_loaded", "Number of resiliency policies loaded.", labels: ["app_id", "name", "namespace"],
            open: ["name"])
        applied = registry.counter(
            "dapr_resiliency_count",
            "Number of times a resiliency policyKey has been applied to a building block.",
            labels: PolicyFamilies.labels, open: ["name", "target"])
        activations = registry.counter(
            "dapr_resiliency_activations_total",
            "Number of times a resiliency policyKey has been activated in a building block after a failure or after a state change.",
            labels: PolicyFamilies.labels, open: ["name", "target"])
    }

    /// A Resiliency resource was read.
    package func resiliencyLoaded(name: String, namespace: String) {
        loaded.series([appID, name, namespace]).add()
    }

    /// Where the breakers stand: one series for each state, with 1 for the one that holds.
    package static func writeStates(_ policies: [PolicyMetrics], to page: inout MetricPage) {
        page.family(
            stateName, "gauge", stateHelp, labels: labels, policies.flatMap { $0.states })
    }
}
