internal import Delivery
internal import Resources

/// What the Configuration files decide about this sidecar.
struct SidecarConfiguration {
    var tracing = Tracer.Mode.passThrough
    /// As the metadata API shows them.
    var enabledFeatures = ["HotReload", "WorkflowsRemoteActivityReminder"]
    var deniedComponents = DenyList.none
}
