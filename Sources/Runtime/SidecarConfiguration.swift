internal import Delivery
internal import HTTPAPI
internal import Resources

/// What the Configuration files decide about this sidecar.
struct SidecarConfiguration {
    var tracing = Tracer.Mode.passThrough
    /// As the metadata API shows them.
    var enabledFeatures = Configuration.defaultFeatures
    var deniedComponents = DenyList.none
    var metrics = Configuration.Metrics()
    var exporters = Configuration.Tracing()
    /// The lists of allowed and denied APIs, as far as they concern HTTP.
    var access: APIAccess?
    var strictness: APIStrictness?
    /// Whether spans of publishes and deliveries say that they are.
    var showsMessagingKinds = false
    /// Whether the API listens on 127.0.0.1 where no address is given.
    var listensOnLoopback = false

    init() {}

    init(_ configuration: Configuration) {
        tracing = SidecarConfiguration.mode(of: configuration.tracing)
        enabledFeatures = configuration.enabledFeatures
        deniedComponents = configuration.denyList
        metrics = configuration.metrics
        exporters = configuration.tracing
        access = SidecarConfiguration.access(configuration.apiAccess)
        strictness = SidecarConfiguration.strictness(configuration.martlet.api)
        showsMessagingKinds = configuration.martlet.showsMessagingKinds
        listensOnLoopback = configuration.martlet.api.listenOnLoopback ?? configuration.martlet.api.isStrict
    }

    /// The table of spec 4.1: a rate of "0" is off; without rate and exporter nothing is made; else ids are made and sampled by the ratio.
    private static func mode(of tracing: Configuration.Tracing) -> Tracer.Mode {
        if tracing.samplingRate == "0" { return .off }
        if tracing.samplingRate.isEmpty, !tracing.hasExporter { return .passThrough }
        return .generate(samplingRate: tracing.samplingRatio)
    }
}

extension SidecarConfiguration {
    /// The rules of daprd's lists that concern HTTP, as `version/name`.
    private static func rules(_ rules: [Configuration.APIAccess.Rule]) -> [String] {
        rules.filter { $0.transport == "http" }.map { "\($0.version)/\($0.name)" }
    }

    static func access(_ access: Configuration.APIAccess) -> APIAccess? {
        APIAccess(allowed: rules(access.allowed), denied: rules(access.denied))
    }

    static func strictness(_ api: Configuration.Martlet.API) -> APIStrictness? {
        var strictness = APIStrictness()
        strictness.refusesLargeBodies = api.refuseLargeBodies ?? api.isStrict
        strictness.refusesDuplicateMembers = api.refuseDuplicateMembers ?? api.isStrict
        strictness.refusesInvalidText = api.refuseInvalidText ?? api.isStrict
        strictness.refusesInvalidJSON = api.refuseInvalidJSON ?? api.isStrict
        strictness.allowedHosts = api.allowedHosts
        return strictness.isStrict ? strictness : nil
    }
}
