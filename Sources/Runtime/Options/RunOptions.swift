/// What `martlet run` starts: a sidecar, and beside it the program that uses it (spec 6.8).
package struct RunOptions: Sendable {
    package var sidecar: SidecarOptions
    /// The app's program and arguments; empty starts the sidecar alone.
    package var command: [String]
    /// The ports that nobody named, to be chosen before the start.
    package var openPorts: Set<Port>

    /// A port of a run.
    package enum Port: String, Sendable, CaseIterable {
        case app = "app-port"
        case http = "dapr-http-port"
        case grpc = "dapr-grpc-port"
        case metrics = "metrics-port"
    }

    /// The flags of the sidecar, with the letters of `dapr run`, and with what is right on one's own machine where nothing is said.
    package static let flags: [OptionFlag] = OptionTable.sidecar.map { flag in
        var flag = letters[flag.name].map { flag.letter($0) } ?? flag
        if let text = defaults[flag.name] { flag.defaultText = text }
        return flag
    }

    private static let letters: [String: Character] = [
        "app-id": "a", "app-port": "p", "app-protocol": "P", "resources-path": "d", "config": "c",
        "dapr-http-port": "H", "dapr-grpc-port": "G", "metrics-port": "M", "unix-domain-socket": "u",
    ]

    private static let defaults = [
        "app-id": "app", "dapr-listen-addresses": "127.0.0.1", "metrics-listen-address": "127.0.0.1",
    ]

    /// Reads `[flags] -- COMMAND…`; the two dashes may be left out.
    ///
    /// - Parameter exists: says whether something is at a path, for the directories that count when no flag names one.
    /// - Throws: as `SidecarInvocation.parse`.
    package static func parse(
        _ arguments: [String], environment: [String: String], exists: (String) -> Bool
    ) throws(OptionError) -> RunOptions {
        let values = try OptionParser(flags, stopsAtFirstOther: true).parse(arguments)
        var sidecar = try SidecarOptions(values, environment: environment)
        sidecar.watchesSignals = false
        let home = environment["HOME"].map { $0 + "/.dapr" }
        if sidecar.resourcesPaths.isEmpty {
            if let path = home.map({ $0 + "/components" }), exists(path) {
                sidecar.resourcesPaths = [path]
            } else {
                sidecar.implicitComponents = [embeddedBroker]
            }
        }
        if sidecar.configPaths.isEmpty {
            if let path = home.map({ $0 + "/config.yaml" }), exists(path) {
                sidecar.configPaths = [path]
            } else {
                sidecar.implicitConfigurations = [tracing]
            }
        }
        var open = Set([Port.http, .grpc, .metrics].filter { !values.isGiven($0.rawValue) })
        if values.text("app-port") == "0" { open.insert(.app) }
        return RunOptions(sidecar: sidecar, command: values.rest, openPorts: open)
    }

    /// Where the search for a port begins; zero means that any free one is good.
    package func preferred(_ port: Port) -> UInt16 {
        switch port {
        case .app: 0
        case .http: sidecar.httpPort
        case .grpc: sidecar.grpcPort
        case .metrics: sidecar.metricsPort ?? 0
        }
    }

    /// Sets a port that was chosen.
    package mutating func set(_ port: Port, to number: UInt16) {
        switch port {
        case .app: sidecar.appPort = number
        case .http: sidecar.httpPort = number
        case .grpc: sidecar.grpcPort = number
        case .metrics: sidecar.metricsPort = sidecar.metricsPort == nil ? nil : number
        }
    }

    /// The variables of the app: ours, and how it finds the sidecar.
    package func appEnvironment() -> [String: String] {
        var variables = sidecar.environment
        variables["APP_ID"] = sidecar.appID
        variables["APP_PROTOCOL"] = sidecar.appProtocol.rawValue
        variables["APP_PORT"] = sidecar.appPort.map { "\($0)" }
        variables["APP_SOCKET"] = sidecar.appSocketPath
        variables["DAPR_HTTP_PORT"] = "\(sidecar.httpPort)"
        variables["DAPR_GRPC_PORT"] = "\(sidecar.grpcPort)"
        variables["DAPR_METRICS_PORT"] = sidecar.metricsPort.map { "\($0)" }
        return variables
    }

    /// The broker that is there when no resources are: it keeps events in a file of its own.
    static let embeddedBroker = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata:
          name: pubsub
        spec:
          type: pubsub.embedded
          version: v1
          metadata: []

        """

    /// Every event gets trace ids.
    static let tracing = """
        apiVersion: dapr.io/v1alpha1
        kind: Configuration
        metadata:
          name: martlet-run
        spec:
          tracing:
            samplingRate: "1"

        """
}
