/// Everything that flags and environment decide about one sidecar (spec 6.1, 6.2). Each value is checked; what is kept for parts that
/// Martlet does not have yet is in `given` and `notYet()`.
package struct SidecarOptions: Sendable {
    // MARK: The app

    package var appID: String
    /// `nil` where there is no app on a port.
    package var appPort: UInt16?
    package var appProtocol = AppProtocol.http
    /// A host, or `unix:///path` for an app that listens on a Unix-domain socket (an addition to daprd).
    package var appChannelAddress = "127.0.0.1"
    /// As given: zero and less mean no limit.
    package var appMaxConcurrency = -1
    /// `nil` where health checks are off.
    package var appHealthCheck: AppHealthCheck?
    /// How long the app may take to say which input bindings it wants.
    package var bindingOptionsTimeout: Duration = .seconds(3)
    package var skipsAppConfiguration = false
    package var skipsAppSubscriptions = false

    // MARK: The API

    /// Zero listens on a free port.
    package var httpPort: UInt16 = 3500
    /// Zero listens on a free port.
    package var grpcPort: UInt16 = 50001
    /// Where the APIs listen; empty means all interfaces.
    package var listenAddresses: [String] = []
    /// Serves metadata and health only; `nil` is none.
    package var publicPort: UInt16?
    /// Empty means all interfaces.
    package var publicListenAddress = ""
    /// The directory of the API's sockets, which then replace the ports; see `httpSocketPath`.
    package var unixDomainSocket: String?
    /// `nil` switches the limit of request bodies off.
    package var maxBodySize: Int? = 4 << 20
    /// The limit of request heads; daprd adds 4 KiB of slack.
    package var readBufferSize = 4 << 10
    /// Empty: CORS is off; `*` allows all; else the origins with commas between them.
    package var allowedOrigins = ""
    package var logsAPICalls = false

    // MARK: Resources

    package var resourcesPaths: [String] = []
    package var configPaths: [String] = []
    /// YAML texts of components that are loaded after the files, unless one has their name.
    package var implicitComponents: [String] = []
    /// YAML texts of configurations that count where no file is given.
    package var implicitConfigurations: [String] = []
    /// How often resources are listed again, besides watching them.
    package var reconcileInterval: Duration = .seconds(60)

    // MARK: The process

    /// How long the end may take before it is forced.
    package var gracefulShutdown: Duration = .seconds(5)
    /// How long deliveries stop before the end begins; `nil` is not at all (spec 6.7).
    package var blockShutdown: Duration?
    package var metricsPort: UInt16? = 9090
    package var metricsListenAddress = "0.0.0.0"
    package var log = SidecarLogOptions()
    /// Whether the sidecar watches SIGINT, SIGTERM and SIGHUP. Where it does not, cancelling its task ends it gracefully.
    package var watchesSignals = true
    /// Is called once, when the API serves (`/v1.0/healthz/outbound` says 204), on any thread.
    package var whenServing: (@Sendable () -> Void)?

    // MARK: The environment

    /// All variables of the process, for `envRef`.
    package var environment: [String: String] = [:]
    /// What callers have to send; `nil` asks for nothing.
    package var apiToken: String?
    /// What the app is sent.
    package var appAPIToken: String?
    package var namespace = ""
    package var podName = ""
    /// Overrides the address that others see.
    package var hostAddress: String?

    /// The flags that were given.
    package internal(set) var given: Set<String> = []

    package init(appID: String) { self.appID = appID }

    // MARK: Derived

    /// The socket on which the app listens, where it does not listen on a port.
    package var appSocketPath: String? {
        appChannelAddress.hasPrefix("unix://") ? String(appChannelAddress.dropFirst("unix://".count)) : nil
    }

    /// Whether there is an app at all.
    package var hasApp: Bool { appPort != nil || appSocketPath != nil }

    /// Where the HTTP API listens instead of its port.
    package var httpSocketPath: String? { unixDomainSocket.map { "\($0)/dapr-\(appID)-http.socket" } }
}

/// What the app speaks.
package enum AppProtocol: String, Sendable, CaseIterable {
    case http
    case https
    case h2c
    case grpc
    case grpcs
}

/// How the app is asked whether it is well.
package struct AppHealthCheck: Sendable, Equatable {
    /// Over HTTP only.
    package var path = "/healthz"
    package var interval: Duration = .seconds(5)
    /// Never longer than the interval.
    package var timeout: Duration = .milliseconds(500)
    /// So many failures in a row make it unhealthy.
    package var threshold = 3

    package init() {}
}
