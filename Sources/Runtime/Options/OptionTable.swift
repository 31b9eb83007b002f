/// The flags of daprd (spec 6.1), so that its users' scripts work unchanged.
package enum OptionTable {
    /// All flags of the sidecar.
    package static let sidecar: [OptionFlag] = app + api + resources + process + absent + deprecated

    /// The app and how it is called.
    private static let app: [OptionFlag] = [
        OptionFlag(
            "app-binding-options-timeout", .duration,
            "How long the app may take to say whether it wants an input binding",
            default: "3s"),
        OptionFlag(
            "app-channel-address", .text, "Where the app listens: a host, or unix:///path for a Unix-domain socket",
            default: "127.0.0.1"),
        OptionFlag("app-health-check-path", .text, "Path of the app's health check (HTTP)", default: "/healthz"),
        OptionFlag(
            "app-health-probe-interval", .integer, "Seconds between two health checks of the app",
            default: "5"),
        OptionFlag(
            "app-health-probe-timeout", .integer, "Milliseconds the app may take to answer a health check",
            default: "500"),
        OptionFlag(
            "app-health-threshold", .integer, "Failed health checks in a row that make the app unhealthy",
            default: "3"),
        OptionFlag("app-id", .text, "Name of the app: source of its events and default consumer group (required)"),
        OptionFlag(
            "app-max-concurrency", .integer, "Calls to the app at once; 0 and less set no limit",
            default: "-1"),
        OptionFlag("app-port", .text, "Port on which the app listens; without one there is no app"),
        OptionFlag("app-protocol", .text, "What the app speaks: http, https, h2c, grpc or grpcs", default: "http"),
        OptionFlag("enable-app-health-check", .toggle, "Check the app's health, and deliver only while it is well"),
    ]

    /// The API that apps call.
    private static let api: [OptionFlag] = [
        OptionFlag(
            "allowed-origins", .text, "Origins that browsers may call from, with commas between them; * for all"),
        OptionFlag("dapr-grpc-port", .text, "Port of the gRPC API; 0 takes a free one", default: "50001"),
        OptionFlag("dapr-http-port", .text, "Port of the HTTP API; 0 takes a free one", default: "3500"),
        OptionFlag(
            "dapr-listen-addresses", .text,
            "Addresses on which the APIs listen, with commas between them; all interfaces by default"),
        OptionFlag("dapr-public-listen-address", .text, "Address of the public port; all interfaces by default"),
        OptionFlag("dapr-public-port", .text, "One more port, for health and metadata alone, without API token"),
        OptionFlag("enable-api-logging", .toggle, "Log every call of the API"),
        OptionFlag("max-body-size", .text, "Largest request body, such as 4Mi; 0 sets no limit", default: "4Mi"),
        OptionFlag(
            "read-buffer-size", .text, "Largest request head, such as 4Ki; 4 KiB more are tolerated", default: "4Ki"),
        OptionFlag("unix-domain-socket", .text, "Directory for the API's Unix-domain sockets, which replace its ports"),
    ]

    /// What is loaded, and from where.
    private static let resources: [OptionFlag] = [
        OptionFlag("config", .list, "Configuration file; may be repeated, later ones win field by field"),
        OptionFlag("disable-builtin-k8s-secret-store", .toggle, "Leave out the secret store of Kubernetes"),
        OptionFlag(
            "disable-init-endpoints", .list, "What the app is not asked at the start: config, subscribe"
        ),
        OptionFlag(
            "hot-reload-reconcile-interval", .duration, "How often resources are listed again, besides watching them"
        ),
        OptionFlag("mode", .text, "Where resources come from; standalone reads files", default: "standalone"),
        OptionFlag("resources-path", .list, "Directory of resources; may be repeated"),
    ]

    /// The process: start, end, log, metrics.
    private static let process: [OptionFlag] = [
        OptionFlag("build-info", .toggle, "Print how this program was built, and exit"),
        OptionFlag(
            "dapr-block-shutdown-duration", .duration,
            "How long the API goes on after a signal while deliveries have stopped"
        ),
        OptionFlag(
            "dapr-graceful-shutdown-seconds", .integer, "Seconds that the end may take before it is forced",
            default: "5"),
        OptionFlag("enable-metrics", .toggle, "Serve metrics", default: "true"),
        OptionFlag("log-as-json", .toggle, "Log lines as JSON"),
        OptionFlag("log-file", .text, "File that gets every log line as well"),
        OptionFlag(
            "log-level", .text, "Least level that is logged: debug, info, warn, error or fatal", default: "info"),
        OptionFlag("metrics-listen-address", .text, "Address on which metrics are served", default: "0.0.0.0"),
        OptionFlag("metrics-port", .text, "Port on which metrics are served", default: "9090"),
        OptionFlag("version", .toggle, "Print the version, and exit"),
        OptionFlag("wait", .toggle, "Wait until the sidecar on --dapr-http-port can publish, and exit"),
    ]

    /// Of parts that Martlet does not have: taken, and said so where it matters (`SidecarOptions.notYet`).
    private static let absent: [OptionFlag] = [
        OptionFlag(
            "actors-disseminate-timeout", .duration, "Limit of a round of actor placement",
            default: "30s"),
        OptionFlag("control-plane-address", .text, "Address of a Dapr control plane"),
        OptionFlag("control-plane-namespace", .text, "Namespace of the control plane", default: "default"),
        OptionFlag("control-plane-trust-domain", .text, "Trust domain of the control plane", default: "localhost"),
        OptionFlag("dapr-internal-grpc-listen-address", .text, "Address for calls between sidecars"),
        OptionFlag("dapr-internal-grpc-port", .text, "Port for calls between sidecars"),
        OptionFlag("enable-mtls", .toggle, "Encrypt calls between sidecars with certificates of the control plane"),
        OptionFlag("enable-profiling", .toggle, "Serve profiles of the process"),
        OptionFlag("placement-host-address", .text, "Addresses of the placement service for actors"),
        OptionFlag("profile-port", .text, "Port on which profiles are served", default: "7777"),
        OptionFlag("scheduler-host-address", .list, "Addresses of the scheduler service"),
        OptionFlag(
            "scheduler-job-streams", .natural, "Streams to the scheduler service",
            default: "3"),
        OptionFlag("sentry-address", .text, "Address of the certificate authority"),
        OptionFlag("sentry-request-jwt-audiences", .list, "Audiences of the token shown to the certificate authority"),
    ]

    /// Spellings of earlier versions.
    private static let deprecated: [OptionFlag] = [
        OptionFlag("actors-service", .text, "").hidden,
        OptionFlag("app-ssl", .toggle, "").hidden,
        OptionFlag("components-path", .text, "").hidden,
        OptionFlag("dapr-http-max-request-size", .integer, "", default: "-1").hidden,
        OptionFlag("dapr-http-read-buffer-size", .integer, "", default: "-1").hidden,
        OptionFlag("reminders-service", .text, "").hidden,
    ]
}
