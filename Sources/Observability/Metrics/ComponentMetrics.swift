/// Counts of components that were made and connected, under daprd's names (spec 6.4). Not for the way of an event.
package final class ComponentMetrics {
    private let appID: String
    private let loaded: MetricFamily<Counter>
    private let initialised: MetricFamily<Counter>
    private let failed: MetricFamily<Counter>

    package init(_ registry: MetricRegistry) {
        appID = registry.settings.appID
        loaded = registry.counter(
            "dapr_runtime_component_loaded", "The number of successfully loaded components.", labels: ["app_id"])
        initialised = registry.counter(
            "dapr_runtime_component_init_total", "The number of initialized components.",
            labels: ["app_id", "component"])
        failed = registry.counter(
            "dapr_runtime_component_init_fail_total", "The number of component initialization failures.",
            labels: ["app_id", "component", "componentName", "reason"], open: ["componentName"])
    }

    /// A component's resource was read.
    package func componentLoaded() { loaded.series([appID]).add() }

    /// A component connected for the first time.
    package func componentInitialised(type: String) { initialised.series([appID, type]).add() }

    /// A component will not be.
    package func componentFailed(type: String, name: String, reason: String) {
        failed.series([appID, type, name, reason]).add()
    }
}
