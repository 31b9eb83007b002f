import Foundation
import Observability
import Runtime
import Testing

@Suite struct SidecarOptionsTests {
    func parse(_ arguments: String..., environment: [String: String] = [:]) throws -> SidecarOptions {
        try options(["--app-id", "a"] + arguments, environment)
    }

    func options(_ arguments: [String], _ environment: [String: String] = [:]) throws -> SidecarOptions {
        guard case .serve(let options) = try SidecarInvocation.parse(arguments, environment: environment) else {
            throw OptionError.helpWanted
        }
        return options
    }

    @Test func `the defaults are those of daprd`() throws {
        let options = try parse()
        #expect(options.appID == "a")
        #expect(options.appPort == nil && !options.hasApp)
        #expect(options.appProtocol == .http && options.appChannelAddress == "127.0.0.1")
        #expect(options.appMaxConcurrency == -1)
        #expect(options.httpPort == 3500 && options.grpcPort == 50001 && options.metricsPort == 9090)
        #expect(options.listenAddresses == [] && options.publicPort == nil)
        #expect(options.maxBodySize == 4 << 20 && options.readBufferSize == 4 << 10)
        #expect(options.gracefulShutdown == .seconds(5) && options.blockShutdown == nil)
        #expect(options.log.level == .info && !options.log.isJSON && options.log.file == nil)
        #expect(options.bindingOptionsTimeout == .seconds(3) && options.reconcileInterval == .seconds(60))
        #expect(options.apiToken == nil && options.appHealthCheck == nil)
        #expect(options.notYet() == [])
    }

    @Test func `values end where they belong`() throws {
        let options = try parse(
            "-app-port", "8080", "--app-protocol", "HTTP", "--dapr-http-port=0", "--dapr-listen-addresses",
            "127.0.0.1,::1", "--max-body-size", "1Gi", "--read-buffer-size=16Ki", "--resources-path", "a,b",
            "--resources-path", "c", "--config", "x.yaml", "--log-level", "WARN", "--log-as-json", "--dapr-public-port",
            "3600", "--unix-domain-socket", "/run/dapr", "--dapr-graceful-shutdown-seconds", "0",
            "--dapr-block-shutdown-duration", "2s", "--enable-metrics=false", "--disable-init-endpoints",
            "config,subscribe", "--app-max-concurrency", "-1", "--allowed-origins", "*", "--enable-api-logging",
            environment: [
                "DAPR_API_TOKEN": "t", "APP_API_TOKEN": "u", "NAMESPACE": "n", "POD_NAME": "p",
                "DAPR_HOST_IP": "1.2.3.4",
            ])
        #expect(options.appPort == 8080 && options.hasApp && options.httpPort == 0)
        #expect(options.listenAddresses == ["127.0.0.1", "::1"])
        #expect(options.maxBodySize == 1 << 30 && options.readBufferSize == 16 << 10)
        #expect(options.resourcesPaths == ["a", "b", "c"] && options.configPaths == ["x.yaml"])
        #expect(options.log.level == .warning && options.log.isJSON)
        #expect(options.publicPort == 3600 && options.metricsPort == nil)
        #expect(options.httpSocketPath == "/run/dapr/dapr-a-http.socket")
        #expect(options.gracefulShutdown == .zero && options.blockShutdown == .seconds(2))
        #expect(options.skipsAppConfiguration && options.skipsAppSubscriptions)
        #expect(options.allowedOrigins == "*" && options.logsAPICalls)
        #expect(options.apiToken == "t" && options.appAPIToken == "u" && options.namespace == "n")
        #expect(options.podName == "p" && options.hostAddress == "1.2.3.4")
        #expect(options.given.contains("app-port") && !options.given.contains("mode"))
    }

    @Test(
        arguments: [
            ("0", nil), ("-1", nil), ("1", 1), ("1000", 1_000), ("4Mi", 4 << 20), ("1G", 1_000_000_000),
            ("1.5Ki", 1_536),
        ] as [(String, Int?)])
    func `body sizes are Kubernetes quantities, and none is no limit`(text: String, expected: Int?) throws {
        #expect(try parse("--max-body-size", text).maxBodySize == expected)
    }

    @Test func `deprecated spellings still count`() throws {
        let options = try parse(
            "--components-path", "old", "--dapr-http-max-request-size", "8", "--dapr-http-read-buffer-size", "32",
            "--app-ssl")
        #expect(options.resourcesPaths == ["old"])
        #expect(options.maxBodySize == 8 << 20 && options.readBufferSize == 32 << 10)
        #expect(options.appProtocol == .https)
    }

    @Test func `an app may listen on a socket`() throws {
        let options = try parse("--app-channel-address", "unix:///run/app.socket")
        #expect(options.appSocketPath == "/run/app.socket" && options.hasApp && options.appPort == nil)
        #expect(try parse("--app-port", "0").hasApp == false)
    }

    @Test func `health checks have defaults for what is not positive`() throws {
        let check = try #require(
            try parse(
                "--enable-app-health-check", "--app-health-probe-interval", "0", "--app-health-threshold=-1",
                "--app-health-probe-timeout", "5000", "--app-health-check-path", "well"
            ).appHealthCheck)
        #expect(check.interval == .seconds(5) && check.timeout == .seconds(5) && check.threshold == 3)
        #expect(check.path == "/well")
    }

    @Test(arguments: [
        ([], "Fatal error from runtime: parameter app-id cannot be empty"),
        (["--app-id", "my.app"], "Fatal error from runtime: parameter app-id cannot contain dots"),
        (["--app-id", "a", "--log-level", "loud"], "invalid value for --log-level: loud"),
        (
            ["--app-id", "a", "--app-port", "80", "--app-protocol", "smtp"],
            "Fatal error from runtime: invalid value for 'app-protocol': smtp"
        ),
        (
            ["--app-id", "a", "--app-port", "3500"],
            "Fatal error from runtime: the 'dapr-http-port' argument value 3500 conflicts with 'app-port'"
        ),
        (
            ["--app-id", "a", "--app-port", "50001"],
            "Fatal error from runtime: the 'dapr-grpc-port' argument value 50001 conflicts with 'app-port'"
        ),
        (
            ["--app-id", "a", "--max-body-size", "big"],
            "Failed to parse flags: invalid value for 'max-body-size' option: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        ),
        (
            ["--app-id", "a", "--disable-init-endpoints", "nope"],
            "Fatal error from runtime: invalid value for 'disable-init-endpoints': nope"
        ),
        (["--app-id", "a", "--mode", "nope"], "Fatal error from runtime: invalid mode: nope"),
        (
            ["--app-id", "a", "--dapr-http-port", "abc"],
            "Fatal error from runtime: error parsing dapr-http-port flag: strconv.Atoi: parsing \"abc\": invalid syntax"
        ),
        (
            ["--app-id", "a", "--app-port", "65536"],
            "Fatal error from runtime: error parsing app-port flag: 65536 is no port, which is 0 to 65535"
        ),
        (
            [
                "--app-id", "a", "--enable-app-health-check=true", "--app-health-probe-interval", "1",
                "--app-health-probe-timeout", "2000",
            ], "Fatal error from runtime: value for 'health-probe-timeout' must be smaller than 'health-probe-interval'"
        ),
    ])
    func `what is wrong ends the start with daprd's message`(arguments: [String], message: String) {
        #expect(throws: OptionError.fatal(message)) { try options(arguments) }
    }

    @Test func `version, build and waiting need no app id`() throws {
        guard case .showVersion = try SidecarInvocation.parse(["--version"], environment: [:]),
            case .showBuild = try SidecarInvocation.parse(["--build-info"], environment: [:]),
            case .wait(3501) = try SidecarInvocation.parse(["--wait", "--dapr-http-port", "3501"], environment: [:])
        else {
            Issue.record("another invocation was read")
            return
        }
    }

    @Test func `what is asked for and not there is said, once each`() throws {
        let lines = try parse(
            "--app-protocol", "grpc", "--enable-mtls", "--placement-host-address", "x:1", "--scheduler-host-address",
            "y:2", "--metrics-port", "1"
        ).notYet()
        #expect(lines.count == 4)
        #expect(!lines.contains { $0.hasPrefix("--metrics-port") })
        #expect(lines.contains { $0.hasPrefix("--app-protocol grpc: ") })
        #expect(lines.contains { $0.hasPrefix("--placement-host-address: actors are not there") })
    }

    @Test func `the version is one that SDKs accept`() throws {
        #expect(Version.current.range(of: #"^\d+\.\d+\.\d+$"#, options: .regularExpression) != nil)
    }
}
