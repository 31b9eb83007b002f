internal import Delivery
internal import Resources

/// What the Configuration files decide about this sidecar.
struct SidecarConfiguration {
    var tracing = Tracer.Mode.passThrough
    /// As the metadata API shows them.
    var enabledFeatures = Configuration.defaultFeatures
    var deniedComponents = DenyList.none
    var metrics = Configuration.Metrics()
    var exporters = Configuration.Tracing()

    init() {}

    init(_ configuration: Configuration) {
        tracing = SidecarConfiguration.mode(of: configuration.tracing)
        enabledFeatures = configuration.enabledFeatures
        deniedComponents = configuration.denyList
        metrics = configuration.metrics
        exporters = configuration.tracing
    }

    /// The table of spec 4.1: a rate of "0" is off; without rate and exporter nothing is made; else ids are made and sampled by the ratio.
    private static func mode(of tracing: Configuration.Tracing) -> Tracer.Mode {
        if tracing.samplingRate == "0" { return .off }
        if tracing.samplingRate.isEmpty, !tracing.hasExporter { return .passThrough }
        return .generate(samplingRate: tracing.samplingRatio)
    }
}
