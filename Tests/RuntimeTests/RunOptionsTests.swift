import Runtime
import Testing

@Suite struct RunOptionsTests {
    func parse(
        _ arguments: [String], _ environment: [String: String] = ["HOME": "/home/a", "PATH": "/bin"],
        existing: Set<String> = []
    ) throws -> RunOptions {
        try RunOptions.parse(arguments, environment: environment) { existing.contains($0) }
    }

    @Test(arguments: [
        ["-a", "orders", "-p", "6000", "--", "python3", "app.py", "--app-id", "x"],
        ["--app-id=orders", "--app-port=6000", "python3", "app.py", "--app-id", "x"],
    ])
    func `flags are read up to the command, which is left alone`(arguments: [String]) throws {
        let options = try parse(arguments)
        #expect(options.command == ["python3", "app.py", "--app-id", "x"])
        #expect(options.sidecar.appID == "orders" && options.sidecar.appPort == 6000)
        #expect(options.openPorts == [.http, .grpc, .metrics])
        #expect(options.sidecar.listenAddresses == ["127.0.0.1"] && !options.sidecar.watchesSignals)
        #expect(options.sidecar.notYet() == [])
    }

    @Test func `ports that were named stay, an app port of zero is chosen`() throws {
        var options = try parse(["-p", "0", "-H", "3600", "--metrics-port", "9091", "true"])
        #expect(options.openPorts == [.app, .grpc])
        #expect(options.preferred(.grpc) == 50001 && options.preferred(.app) == 0)
        options.set(.app, to: 4711)
        options.set(.grpc, to: 4712)
        let environment = options.appEnvironment()
        #expect(environment["APP_PORT"] == "4711" && environment["APP_ID"] == "app")
        #expect(environment["DAPR_HTTP_PORT"] == "3600" && environment["DAPR_GRPC_PORT"] == "4712")
        #expect(environment["DAPR_METRICS_PORT"] == "9091" && environment["APP_PROTOCOL"] == "http")
        #expect(environment["PATH"] == "/bin")
    }

    @Test func `without resources there is a broker and tracing`() throws {
        let options = try parse([])
        #expect(options.sidecar.implicitComponents.count == 1 && options.sidecar.resourcesPaths == [])
        #expect(options.sidecar.implicitComponents.first?.contains("type: pubsub.embedded") == true)
        #expect(options.sidecar.implicitConfigurations.first?.contains("samplingRate: \"1\"") == true)
    }

    @Test func `resources come from flags, else from the home directory`() throws {
        let home: Set<String> = ["/home/a/.dapr/components", "/home/a/.dapr/config.yaml"]
        let found = try parse([], existing: home).sidecar
        #expect(found.resourcesPaths == ["/home/a/.dapr/components"] && found.implicitComponents == [])
        #expect(found.configPaths == ["/home/a/.dapr/config.yaml"] && found.implicitConfigurations == [])
        let given = try parse(["-d", "x", "-c", "y"], existing: home).sidecar
        #expect(given.resourcesPaths == ["x"] && given.configPaths == ["y"] && given.implicitComponents == [])
        #expect(try parse([], [:]).sidecar.implicitComponents.count == 1)
    }

    @Test func `an app on a socket is told where`() throws {
        let options = try parse(["--app-channel-address", "unix:///run/a.socket", "true"])
        #expect(options.appEnvironment()["APP_SOCKET"] == "/run/a.socket")
        #expect(options.appEnvironment()["APP_PORT"] == nil)
    }

    @Test func `wrong flags are refused as the sidecar refuses them`() {
        #expect(throws: OptionError.usage("unknown flag: --nope")) { try parse(["--nope"]) }
        #expect(throws: OptionError.fatal("Fatal error from runtime: parameter app-id cannot contain dots")) {
            try parse(["-a", "a.b", "true"])
        }
    }
}
