internal import Bytes
internal import Loop
internal import Observability

/// What a command line asks of the sidecar.
package enum SidecarInvocation: Sendable {
    case serve(SidecarOptions)
    /// `--version`
    case showVersion
    /// `--build-info`
    case showBuild
    /// `--wait`: until the sidecar on this port can be used.
    case wait(port: UInt16)

    /// Reads daprd's flags and environment.
    /// - Throws: `.usage`, `.helpWanted`, or `.fatal` with daprd's message.
    package static func parse(
        _ arguments: [String], environment: [String: String]
    ) throws(OptionError) -> SidecarInvocation {
        let values = try OptionParser(OptionTable.sidecar).parse(arguments)
        if values.toggle("version") { return .showVersion }
        if values.toggle("build-info") { return .showBuild }
        if values.toggle("wait") {
            return .wait(port: try SidecarOptions.port(values, "dapr-http-port"))
        }
        return .serve(try SidecarOptions(values, environment: environment))
    }
}

extension SidecarOptions {
    /// Checks what was given, in daprd's order and words.
    /// - Throws: `.fatal` for the first thing that is wrong.
    package init(_ values: OptionValues, environment: [String: String]) throws(OptionError) {
        self.init(appID: values.text("app-id"))
        given = values.given
        try setLog(values)
        try setSizes(values)
        guard !appID.isEmpty else { throw .runtime("parameter app-id cannot be empty") }
        guard !appID.contains(".") else { throw .runtime("parameter app-id cannot contain dots") }
        try setMode(values)
        try setPorts(values)
        try setAddresses(values)
        try setHealthCheck(values)
        try setProtocol(values)
        try setInitEndpoints(values)
        setResources(values)
        setShutdown(values)
        setEnvironment(environment)
        allowedOrigins = values.text("allowed-origins")
        logsAPICalls = values.toggle("enable-api-logging")
        appMaxConcurrency = values.integer("app-max-concurrency")
        let bindingTimeout = values.duration("app-binding-options-timeout")
        if bindingTimeout > .zero { bindingOptionsTimeout = bindingTimeout }
    }

    private mutating func setLog(_ values: OptionValues) throws(OptionError) {
        let text = values.text("log-level")
        guard let level = LogLevel(flag: text) else { throw .fatal("invalid value for --log-level: \(text)") }
        log.level = level
        log.isJSON = values.toggle("log-as-json")
        let file = values.text("log-file")
        log.file = file.isEmpty ? nil : file
    }

    private mutating func setSizes(_ values: OptionValues) throws(OptionError) {
        maxBodySize = try SidecarOptions.size(values, "max-body-size")
        readBufferSize = try SidecarOptions.size(values, "read-buffer-size") ?? 4 << 10
        let megabytes = values.integer("dapr-http-max-request-size")
        if megabytes > 0, megabytes < 1 << 20 { maxBodySize = megabytes << 20 }
        let kilobytes = values.integer("dapr-http-read-buffer-size")
        if kilobytes > 0, kilobytes < 1 << 20 { readBufferSize = kilobytes << 10 }
    }

    private mutating func setMode(_ values: OptionValues) throws(OptionError) {
        switch values.text("mode") {
        case "standalone": break
        case "kubernetes":
            throw .runtime(
                "mode kubernetes takes resources from an operator, which Martlet does not do; mount them and give --resources-path"
            )
        case let other: throw .runtime("invalid mode: \(other)")
        }
    }

    private mutating func setPorts(_ values: OptionValues) throws(OptionError) {
        httpPort = try SidecarOptions.port(values, "dapr-http-port")
        grpcPort = try SidecarOptions.port(values, "dapr-grpc-port")
        if !values.text("dapr-public-port").isEmpty {
            publicPort = try SidecarOptions.port(values, "dapr-public-port")
        }
        if !values.text("app-port").isEmpty {
            let port = try SidecarOptions.port(values, "app-port")
            appPort = port == 0 ? nil : port
        }
        let metrics = try SidecarOptions.port(values, "metrics-port")
        metricsPort = values.toggle("enable-metrics") ? metrics : nil
        for (name, port) in [("dapr-http-port", httpPort), ("dapr-grpc-port", grpcPort)] where port == appPort {
            throw .runtime("the '\(name)' argument value \(port) conflicts with 'app-port'")
        }
    }

    private mutating func setAddresses(_ values: OptionValues) throws(OptionError) {
        listenAddresses = OptionValues.split(values.text("dapr-listen-addresses")).filter { !$0.isEmpty }
        publicListenAddress = values.text("dapr-public-listen-address")
        metricsListenAddress = values.text("metrics-listen-address")
        let address = values.text("app-channel-address")
        if !address.isEmpty { appChannelAddress = address }
        if let path = appSocketPath, path.utf8.count > Endpoint.pathLimit {
            throw .runtime(
                "the socket in 'app-channel-address' has a path of \(path.utf8.count) bytes, the system takes \(Endpoint.pathLimit); choose a shorter one"
            )
        }
        let directory = values.text("unix-domain-socket")
        unixDomainSocket = directory.isEmpty ? nil : directory
    }

    private mutating func setHealthCheck(_ values: OptionValues) throws(OptionError) {
        guard values.toggle("enable-app-health-check") else { return }
        var check = AppHealthCheck()
        let path = values.text("app-health-check-path")
        if !path.isEmpty { check.path = path.hasPrefix("/") ? path : "/" + path }
        let interval = values.integer("app-health-probe-interval")
        if interval > 0 { check.interval = .seconds(interval) }
        let timeout = values.integer("app-health-probe-timeout")
        if timeout > 0 { check.timeout = .milliseconds(timeout) }
        let threshold = values.integer("app-health-threshold")
        if threshold > 0 { check.threshold = threshold }
        guard check.timeout <= check.interval else {
            throw .runtime("value for 'health-probe-timeout' must be smaller than 'health-probe-interval'")
        }
        appHealthCheck = check
    }

    private mutating func setProtocol(_ values: OptionValues) throws(OptionError) {
        let text = values.text("app-protocol")
        guard let named = AppProtocol(rawValue: text.isEmpty ? "http" : text.lowercased()) else {
            throw .runtime("invalid value for 'app-protocol': \(text)")
        }
        switch (named, values.toggle("app-ssl")) {
        case (.http, true): appProtocol = .https
        case (.grpc, true): appProtocol = .grpcs
        default: appProtocol = named
        }
    }

    private mutating func setInitEndpoints(_ values: OptionValues) throws(OptionError) {
        for name in values.list("disable-init-endpoints") {
            switch name {
            case "config": skipsAppConfiguration = true
            case "subscribe": skipsAppSubscriptions = true
            default: throw .runtime("invalid value for 'disable-init-endpoints': \(name)")
            }
        }
    }

    private mutating func setResources(_ values: OptionValues) {
        resourcesPaths = values.list("resources-path").filter { !$0.isEmpty }
        let components = values.text("components-path")
        if resourcesPaths.isEmpty, !components.isEmpty { resourcesPaths = [components] }
        configPaths = values.list("config").filter { !$0.isEmpty }
        let interval = values.duration("hot-reload-reconcile-interval")
        if interval > .zero { reconcileInterval = interval }
    }

    private mutating func setShutdown(_ values: OptionValues) {
        let seconds = values.integer("dapr-graceful-shutdown-seconds")
        if seconds >= 0 { gracefulShutdown = .seconds(min(seconds, 1 << 31)) }
        let block = values.duration("dapr-block-shutdown-duration")
        blockShutdown = block > .zero ? block : nil
    }

    private mutating func setEnvironment(_ environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        self.environment = environment
        apiToken = value("DAPR_API_TOKEN")
        appAPIToken = value("APP_API_TOKEN")
        namespace = value("NAMESPACE") ?? ""
        podName = value("POD_NAME") ?? ""
        hostAddress = value("DAPR_HOST_IP")
    }

    /// A port in Go's decimal notation. Longer numbers are refused here, where daprd fails when it listens.
    static func port(_ values: OptionValues, _ name: String) throws(OptionError) -> UInt16 {
        let text = values.text(name)
        if let complaint = GoInteger.complaint(about: text, function: "Atoi", isNatural: false) {
            throw .runtime("error parsing \(name) flag: \(complaint)")
        }
        guard let port = UInt16(text) else {
            throw .runtime("error parsing \(name) flag: \(text) is no port, which is 0 to 65535")
        }
        return port
    }

    /// A size in Kubernetes' notation; `nil` for none and less.
    private static func size(_ values: OptionValues, _ name: String) throws(OptionError) -> Int? {
        let text = values.text(name)
        let isNegative = text.hasPrefix("-")
        guard let size = Quantity.parse(isNegative ? String(text.dropFirst()) : text) else {
            throw .fatal(
                "Failed to parse flags: invalid value for '\(name)' option: quantities must match the regular expression "
                    + "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
        }
        return isNegative || size == 0 ? nil : size
    }
}

extension OptionError {
    /// What daprd says when its runtime refuses the options.
    fileprivate static func runtime(_ reason: String) -> OptionError { .fatal("Fatal error from runtime: \(reason)") }
}
