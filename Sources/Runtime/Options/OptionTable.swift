/// The flags of daprd, in its words (spec 6.1), so that its users find what they know and its options work unchanged.
package enum OptionTable {
    /// All flags of the sidecar.
    package static let sidecar: [OptionFlag] = app + api + resources + process + absent + deprecated

    /// The app and how it is called.
    private static let app: [OptionFlag] = [
        OptionFlag(
            "app-binding-options-timeout", .duration,
            "Timeout for input binding subscription discovery requests to the app (HTTP OPTIONS or gRPC ListInputBindings). Increase for apps with slow startup (e.g. JVM/JIT workloads). Non-positive values use the default.",
            default: "3s"),
        OptionFlag(
            "app-channel-address", .text, "The network address the application listens on", default: "127.0.0.1"),
        OptionFlag("app-health-check-path", .text, "Path used for health checks; HTTP only", default: "/healthz"),
        OptionFlag(
            "app-health-probe-interval", .integer, "Interval to probe for the health of the app in seconds",
            default: "5"),
        OptionFlag(
            "app-health-probe-timeout", .integer, "Timeout for app health probes in milliseconds", default: "500"),
        OptionFlag(
            "app-health-threshold", .integer, "Number of consecutive failures for the app to be considered unhealthy",
            default: "3"),
        OptionFlag("app-id", .text, "A unique ID for Dapr. Used for Service Discovery and state"),
        OptionFlag(
            "app-max-concurrency", .integer,
            "Controls the concurrency level when forwarding requests to user code; set to -1 for no limits",
            default: "-1"),
        OptionFlag("app-port", .text, "The port the application is listening on"),
        OptionFlag(
            "app-protocol", .text, "Protocol for the application: grpc, grpcs, http, https, h2c", default: "http"),
        OptionFlag(
            "enable-app-health-check", .toggle,
            "Enable health checks for the application using the protocol defined with app-protocol"),
    ]

    /// The API that apps call.
    private static let api: [OptionFlag] = [
        OptionFlag("allowed-origins", .text, "Allowed HTTP origins"),
        OptionFlag("dapr-grpc-port", .text, "gRPC port for the Dapr API to listen on", default: "50001"),
        OptionFlag("dapr-http-port", .text, "HTTP port for Dapr API to listen on", default: "3500"),
        OptionFlag("dapr-listen-addresses", .text, "One or more addresses for the Dapr API to listen on, CSV limited"),
        OptionFlag("dapr-public-listen-address", .text, "Public listen address for Dapr Health and Metadata"),
        OptionFlag("dapr-public-port", .text, "Public port for Dapr Health and Metadata to listen on"),
        OptionFlag("enable-api-logging", .toggle, "Enable API logging for API calls"),
        OptionFlag(
            "max-body-size", .text,
            "Max size of request body for the Dapr HTTP and gRPC servers, as a resource quantity", default: "4Mi"),
        OptionFlag(
            "read-buffer-size", .text,
            "Max size of read buffer, as a resource quantity (also used to handle request headers)", default: "4Ki"),
        OptionFlag(
            "unix-domain-socket", .text,
            "Path to a unix domain socket dir mount. If specified, Dapr API servers will use Unix Domain Sockets"),
    ]

    /// What is loaded, and from where.
    private static let resources: [OptionFlag] = [
        OptionFlag(
            "config", .list,
            "Path to config file, or name of a configuration object. In standalone mode, can be passed multiple times"),
        OptionFlag("disable-builtin-k8s-secret-store", .toggle, "Disable the built-in Kubernetes Secret Store"),
        OptionFlag(
            "disable-init-endpoints", .list,
            "List of initialization endpoints to disable. Supported values: config, subscribe,. If not specified, all endpoints will be enabled"
        ),
        OptionFlag(
            "hot-reload-reconcile-interval", .duration,
            "Period of the hot-reload backup reconcile that lists resources and reconciles any the event watch missed, e.g. '30s'. Zero uses the default (60s)"
        ),
        OptionFlag("mode", .text, "Runtime mode for Dapr", default: "standalone"),
        OptionFlag(
            "resources-path", .list,
            "Path for resources directory. If not specified, no resources will be loaded. Can be passed multiple times"),
    ]

    /// The process: start, end, log, metrics.
    private static let process: [OptionFlag] = [
        OptionFlag("build-info", .toggle, "Prints the build info"),
        OptionFlag(
            "dapr-block-shutdown-duration", .duration,
            "If enabled, will block graceful shutdown after terminate signal is received until either the given duration has elapsed or the app reports unhealthy. Disabled by default"
        ),
        OptionFlag("dapr-graceful-shutdown-seconds", .integer, "Graceful shutdown time in seconds", default: "5"),
        OptionFlag("enable-metrics", .toggle, "Enable prometheus metric", default: "true"),
        OptionFlag("log-as-json", .toggle, "print log as JSON (default false)"),
        OptionFlag("log-file", .text, "Path to a file where logs will be written"),
        OptionFlag(
            "log-level", .text, "Options are debug, info, warn, error, or fatal (default info)", default: "info"),
        OptionFlag("metrics-listen-address", .text, "The address for the metrics server", default: "0.0.0.0"),
        OptionFlag("metrics-port", .text, "The port for the metrics server", default: "9090"),
        OptionFlag("version", .toggle, "Prints the runtime version"),
        OptionFlag("wait", .toggle, "wait for Dapr outbound ready"),
    ]

    /// Of parts that Martlet does not have: taken, and said so where it matters (`SidecarOptions.notYet`).
    private static let absent: [OptionFlag] = [
        OptionFlag(
            "actors-disseminate-timeout", .duration,
            "Timeout for the daprd-side actor placement dissemination round; if exceeded, daprd resets its placement stream and halts hosted actors. Should be greater than the placement service --disseminate-timeout (default 8s).",
            default: "30s"),
        OptionFlag("control-plane-address", .text, "Address for a Dapr control plane"),
        OptionFlag("control-plane-namespace", .text, "Namespace of the Dapr control plane", default: "default"),
        OptionFlag("control-plane-trust-domain", .text, "Trust domain of the Dapr control plane", default: "localhost"),
        OptionFlag("dapr-internal-grpc-listen-address", .text, "gRPC listen address for the Dapr Internal API"),
        OptionFlag("dapr-internal-grpc-port", .text, "gRPC port for the Dapr Internal API to listen on"),
        OptionFlag("enable-mtls", .toggle, "Enables automatic mTLS for daprd-to-daprd communication channels"),
        OptionFlag("enable-profiling", .toggle, "Enable profiling"),
        OptionFlag(
            "placement-host-address", .text, "Addresses for Dapr Actor Placement servers (overrides actors-service)"),
        OptionFlag("profile-port", .text, "The port for the profile server", default: "7777"),
        OptionFlag(
            "scheduler-host-address", .list,
            "Addresses of the Scheduler service instance(s), as comma separated host:port pairs"),
        OptionFlag(
            "scheduler-job-streams", .natural, "The number of active job streams to connect to the Scheduler service",
            default: "3"),
        OptionFlag("sentry-address", .text, "Address for the Sentry CA service"),
        OptionFlag(
            "sentry-request-jwt-audiences", .list,
            "JWT audience list for certificate signing requests. If not specified, the trust domain will be used"),
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
