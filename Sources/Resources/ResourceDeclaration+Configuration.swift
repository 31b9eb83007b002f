internal import Messaging

extension ResourceDeclaration {
    /// How the sidecar itself behaves; read from the files that `--config` names (spec 4.1).
    static let configuration = ResourceDeclaration(
        .configuration, "How the sidecar itself behaves. It is read from the files that `--config` names.",
        [
            ResourceField(
                "spec",
                .object(
                    [
                        ResourceField("tracing", .object(tracing), "Trace ids, and where spans are sent."),
                        ResourceField("metric", .object(metrics), "What is measured."),
                        ResourceField("metrics", .object(metrics), "The same as `metric`; it wins over that one."),
                        ResourceField("api", .object(access), "Which parts of the API may be used."),
                        ResourceField("secrets", .object([secretScopes]), "Which secrets may be read."),
                        ResourceField(
                            "components",
                            .object([
                                ResourceField(
                                    "deny", .texts, "Types that are not loaded: `type` or `type/version`, without case."
                                )
                            ]), "Which types of components may be loaded."),
                        ResourceField(
                            "features",
                            .objects([
                                ResourceField("name", .value(.text), required: true, "The feature."),
                                ResourceField("enabled", .value(.bool), default: "false", "Whether it is on."),
                            ]), "Switches features on and off."),
                        ResourceField(
                            "logging", .object([ResourceField("apiLogging", .object(logging), "Calls of the API.")]),
                            "What is logged."),
                        ResourceField(
                            "martlet",
                            .object([
                                ResourceField("api", .object(strictness), "Where the API is stricter than daprd's."),
                                ResourceField(
                                    "tracing",
                                    .object([
                                        ResourceField(
                                            "messagingKinds", .value(.bool), default: "false",
                                            "Whether spans of publishes are of kind PRODUCER and those of deliveries of kind CONSUMER; else all are CLIENT, as daprd's."
                                        )
                                    ]), "How spans differ from daprd's."),
                            ]),
                            "What only Martlet understands; daprd ignores it."),
                    ] + withoutEffect), "The settings.")
        ])

    private static let tracing = [
        ResourceField(
            "samplingRate", .value(.text), default: "0.0001",
            "The ratio of traces that are sampled, from \"0\" to \"1\"; \"0\" switches trace ids off."),
        ResourceField("stdout", .value(.bool), default: "false", "Whether spans are printed."),
        ResourceField(
            "zipkin", .object([ResourceField("endpointAddress", .value(.text), "The URL of its API, version 2.")]),
            "A Zipkin collector."),
        ResourceField(
            "otel",
            .object([
                ResourceField("protocol", .value(.choice(["http", "grpc"])), "How spans are sent."),
                ResourceField("endpointAddress", .value(.text), "`host:port`."),
                ResourceField("isSecure", .value(.bool), default: "true", "Whether the connection uses TLS."),
                ResourceField("headers", .any, "`name=value` items, or a list of `{name, value}`."),
                ResourceField(
                    "timeout", .value(.duration(bareUnit: .milliseconds(1))), default: "10s",
                    "How long sending may take."),
            ]), "An OpenTelemetry collector; `OTEL_EXPORTER_OTLP_…` variables count where it has no address."),
    ]

    private static let metrics = [
        ResourceField("enabled", .value(.bool), default: "true", "Whether there are metrics."),
        ResourceField("recordErrorCodes", .value(.bool), default: "false", "Whether error codes are counted."),
        ResourceField(
            "http",
            .object([
                ResourceField("increasedCardinality", .value(.bool), "Whether paths are labels."),
                ResourceField("pathMatching", .texts, "Patterns that paths are counted by."),
                ResourceField("excludeVerbs", .value(.bool), default: "false", "Whether methods are no labels."),
            ]), "Metrics of the HTTP API."),
        ResourceField("latencyDistributionBuckets", .integers, "Bounds of the histograms, in milliseconds."),
        ResourceField(
            "rules",
            .objects([
                ResourceField("name", .value(.text), required: true, "The metric."),
                ResourceField(
                    "labels",
                    .objects([
                        ResourceField("name", .value(.text), required: true, "The label."),
                        ResourceField("regex", .pairs, "The new value, and the pattern that calls for it."),
                    ]), "Labels whose values are replaced."),
            ]), "Replaces values of labels."),
        ResourceField("workflow", .any),
    ]

    private static let access = [
        ResourceField("allowed", .objects(rule), "Where there is one, everything else is refused."),
        ResourceField("denied", .objects(rule), "What is refused."),
    ]

    private static let rule = [
        ResourceField("name", .value(.text), required: true, "The part of the API, such as `publish`."),
        ResourceField("version", .value(.text), "Its version, such as `v1.0`."),
        ResourceField("protocol", .value(.choice(["http", "grpc"])), required: true, "Over which protocol."),
    ]

    private static let secretScopes = ResourceField(
        "scopes",
        .objects([
            ResourceField("storeName", .value(.text), required: true, "The secret store."),
            ResourceField(
                "defaultAccess", .value(.choice(["allow", "deny"])), default: "allow",
                "What counts for secrets that no list names."),
            ResourceField("allowedSecrets", .texts, "Where there is one, everything else is refused."),
            ResourceField("deniedSecrets", .texts, "What is refused."),
        ]), "One for each secret store.")

    private static let logging = [
        ResourceField("enabled", .value(.bool), default: "false", "Whether every call is logged."),
        ResourceField("obfuscateURLs", .value(.bool), default: "false", "Whether paths are left out."),
        ResourceField("omitHealthChecks", .value(.bool), default: "false", "Whether health checks are left out."),
    ]

    private static let strictness = [
        ResourceField("strict", .value(.bool), default: "false", "What the others are where they are not given."),
        ResourceField(
            "refuseLargeBodies", .value(.bool), "Whether a body above its bound is answered with 413 before it is read."
        ),
        ResourceField(
            "refuseDuplicateMembers", .value(.bool),
            "Whether JSON with two members of one name in an object is refused."),
        ResourceField("refuseInvalidText", .value(.bool), "Whether text or JSON that is not UTF-8 is refused."),
        ResourceField(
            "refuseInvalidJSON", .value(.bool), "Whether a body is refused that says it is JSON and is none."),
        ResourceField("listenOnLoopback", .value(.bool), "Whether the API listens on this machine alone."),
        ResourceField(
            "allowedHosts", .texts,
            "Host names, without port, under which the API may be called; all where there are none."),
    ]

    /// Accepted; `ConfigurationLoader` says that they do nothing.
    private static let withoutEffect = [
        "httpPipeline", "appHttpPipeline", "accessControl", "nameResolution", "mtls", "wasm", "workflow",
    ].map { ResourceField($0, .any, "Without effect.") }
}
