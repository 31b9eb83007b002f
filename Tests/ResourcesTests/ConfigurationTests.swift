import Testing

@testable import Resources

@Suite struct ConfigurationTests {
    private func read(
        _ spec: String, environment: [String: String] = [:]
    ) -> (configuration: Configuration, findings: [Finding]) {
        let indented = spec.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
        return ConfigurationLoader.read(
            Array("kind: Configuration\nspec:\n\(indented)\n".utf8), file: "c.yaml", environment: environment)
    }

    @Test func `every section is read`() {
        let (configuration, findings) = read(
            """
            tracing:
              samplingRate: 1
              stdout: yes
              zipkin: {endpointAddress: "http://z"}
              otel: {protocol: http, endpointAddress: "o:4318", isSecure: false, headers: ["a=b c", "d=%31"], timeout: 5s}
            metric:
              enabled: false
              http: {increasedCardinality: false, pathMatching: ["/a/{b}"], excludeVerbs: true}
              latencyDistributionBuckets: [1, 20]
              rules: [{name: m, labels: [{name: method, regex: {orders: "orders/.+"}}]}]
            metrics: {recordErrorCodes: true}
            api:
              allowed: [{name: publish, version: v1, protocol: HTTP}]
              denied: [{name: bindings, version: v1, protocol: grpc}]
            secrets: {scopes: [{storeName: s, defaultAccess: Deny, allowedSecrets: [a], deniedSecrets: [b]}]}
            components: {deny: [bindings.http]}
            features: [{name: X, enabled: true}, {name: HotReload, enabled: false}]
            logging: {apiLogging: {enabled: true, obfuscateURLs: true, omitHealthChecks: true}}
            """)
        #expect(findings.isEmpty)
        #expect(configuration.tracing.samplingRatio == 1 && configuration.tracing.printsToStdout)
        #expect(configuration.tracing.zipkinEndpointAddress == "http://z")
        #expect(configuration.tracing.otel.headers == [.init(name: "a", value: "b c"), .init(name: "d", value: "1")])
        #expect(configuration.tracing.otel.timeout == .seconds(5) && !configuration.tracing.otel.isSecure)
        #expect(
            configuration.metrics.json
                == #"{"enabled":false,"recordErrorCodes":true,"http":{"increasedCardinality":false,"pathMatching":["/a/{b}"],"excludeVerbs":true},"latencyDistributionBuckets":[1,20],"rules":[{"name":"m","labels":[{"name":"method","regex":{"orders":"orders/.+"}}]}]}"#
        )
        #expect(configuration.apiAccess.allowed == [.init(name: "publish", version: "v1", transport: "http")])
        #expect(configuration.apiAccess.denied.map(\.transport) == ["grpc"])
        #expect(configuration.secretScopes.map(\.storeName) == ["s"])
        #expect(configuration.denyList == DenyList(["bindings.http"]))
        #expect(configuration.enabledFeatures == ["WorkflowsRemoteActivityReminder", "X"])
        #expect(configuration.apiLogging.isEnabled && configuration.apiLogging.obfuscatesURLs)
    }

    @Test func `where the API is stricter is read from our own section`() {
        let (configuration, findings) = read(
            """
            martlet:
              api:
                strict: true
                refuseInvalidJSON: false
                allowedHosts: [LocalHost, 127.0.0.1]
                refuseLargeBody: true
            """)
        let api = configuration.martlet.api
        #expect(api.isStrict && api.refuseInvalidJSON == false && api.refuseLargeBodies == nil)
        #expect(api.allowedHosts == ["localhost", "127.0.0.1"])
        #expect(findings.map(\.field) == ["spec.martlet.api.refuseLargeBody"])
        #expect(findings.first?.message.contains("refuseLargeBodies") == true)
        #expect(read("martlet: {api: {strict: maybe}}").findings.first?.severity == .fatal)
    }

    @Test(arguments: [
        ("{name: publsh, version: v1, protocol: http}", "publish"),
        ("{name: publish, version: v1, protocol: htp}", "http"),
        ("{name: publish/p, version: v1, protocol: http}", "names no API"),
    ])
    func `a rule for an API that matches nothing is told`(rule: String, hint: String) {
        let findings = read("api: {denied: [\(rule)]}").findings
        #expect(findings.map(\.severity) == [.warning])
        #expect(findings.first?.message.contains(hint) == true)
        #expect(read("api: {denied: [{name: publish/p, version: v1.0, protocol: http}]}").findings.isEmpty)
    }

    @Test func `files are merged field by field, lists whole`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "spec:\n  tracing: {samplingRate: '1', stdout: true}\n  features: [{name: A, enabled: true}]\n",
            to: "a.yaml")
        try folder.write(
            "spec:\n  tracing: {samplingRate: '0.5'}\n  features: [{name: B, enabled: true}]\n---\nspec: 5\n",
            to: "b.yaml")
        let (configuration, findings) = ConfigurationLoader.load(
            files: [folder.path + "/a.yaml", folder.path + "/b.yaml"], environment: [:])
        #expect(findings.isEmpty)
        #expect(configuration.tracing.samplingRate == "0.5" && configuration.tracing.printsToStdout)
        #expect(configuration.features.map(\.name) == ["B"])
    }

    @Test func `without files there are defaults`() {
        let (configuration, findings) = ConfigurationLoader.load(files: [], environment: [:])
        #expect(findings.isEmpty && configuration == Configuration())
        #expect(configuration.enabledFeatures == Configuration.defaultFeatures)
        #expect(configuration.metrics.json == #"{"enabled":true}"#)
        #expect(configuration.tracing.otel.isSecure && !configuration.tracing.hasExporter)
    }

    @Test(arguments: [
        ("kind: [\n", "error loading configuration: yaml: line 1: did not find expected node content"),
        (
            "hello\n",
            "error loading configuration: yaml: unmarshal errors: line 1: cannot unmarshal !!str `hello` into config.Configuration"
        ),
        (
            "spec:\n  tracing: {stdout: maybe-not-now}\n",
            "error loading configuration: yaml: unmarshal errors: line 2: cannot unmarshal !!str `maybe-n...` into bool"
        ),
        (
            "kind: a\nkind: b\n",
            "error loading configuration: yaml: unmarshal errors: line 2: mapping key \"kind\" already defined at line 1"
        ),
        (
            "spec:\n  features: {}\n",
            "error loading configuration: yaml: unmarshal errors: line 2: cannot unmarshal !!map into []config.FeatureSpec"
        ),
        (
            "spec:\n  secrets: {scopes: [{storeName: s}, {storeName: s}]}\n",
            "error loading configuration: s storeName is repeated in secrets configuration"
        ),
        (
            "spec:\n  secrets: {scopes: [{storeName: s, defaultAccess: no}]}\n",
            "error loading configuration: defaultAccess no can be either allow or deny"
        ),
        (
            "spec:\n  tracing: {otel: {protocol: tcp, endpointAddress: x}}\n",
            "invalid protocol tcp provided for Otel endpoint"
        ),
    ])
    func `what daprd cannot start with is fatal`(text: String, expected: String) {
        let findings = ConfigurationLoader.read(Array(text.utf8), file: "c.yaml", environment: [:]).findings
        #expect(findings.map(\.message) == [expected])
        #expect(findings.map(\.severity) == [.fatal])
    }

    @Test func `a missing file is fatal in daprd's words`() {
        let findings = ConfigurationLoader.load(files: ["/nope.yaml"], environment: [:]).findings
        #expect(findings.map(\.message) == ["error loading configuration: stat /nope.yaml: no such file or directory"])
        #expect(findings.map(\.severity) == [.fatal])
    }

    @Test(arguments: [
        ("colour: red", "spec.colour", "unknown field, it has no effect"),
        ("Tracing: {samplingRate: '1'}", "spec.Tracing", "unknown field, it has no effect; did you mean tracing?"),
        ("httpPipeline: {handlers: []}", "spec.httpPipeline", "middleware is not supported: the handlers do not run"),
        (
            "accessControl: {defaultAction: deny}", "spec.accessControl",
            "service invocation is not supported: the access policies have nothing to act on"
        ),
        (
            "tracing: {samplingRate: often}", "spec.tracing.samplingRate",
            "samplingRate \"often\" is no number from 0 to 1; 0.0001 is used"
        ),
        (
            "api: {denied: [{name: publish, version: v1}]}", "spec.api",
            "the rule for publish has protocol \"\" and matches nothing; write http or grpc"
        ),
    ])
    func `what has no effect is a warning`(spec: String, field: String, message: String) {
        let findings = read(spec).findings
        #expect(findings.map(\.message) == [message])
        #expect(findings.map(\.field) == [field])
        #expect(findings.map(\.severity) == [.warning])
    }

    @Test func `a configuration of another kind is read all the same`() {
        let text = "kind: Component\nspec:\n  features: [{name: X, enabled: true}]\n"
        let configuration = ConfigurationLoader.read(Array(text.utf8), file: "", environment: [:]).configuration
        #expect(configuration.enabledFeatures.contains("X"))
    }

    @Test(arguments: [
        ("$A", "1"), ("${A}", "1"), ("x${A}y", "x1y"), ("$AB", ""), ("$", "$"), ("a$ b", "a$ b"), ("$.", "$."),
        ("${}", ""),
        ("${A", "A"), ("$$", ""), ("$1", ""), ("${A}${UNSET}", "1"), ("a$A", "a1"), ("${A B}", ""), ("$A_B", "2"),
        ("${*}x", "x"),
    ])
    func `variables are replaced as Go replaces them`(text: String, expected: String) throws {
        let expanded = try #require(
            EnvironmentExpansion.expand(Array(text.utf8), ["A": "1", "A_B": "2"], limit: 100))
        #expect(String(decoding: expanded, as: UTF8.self) == expected)
    }

    @Test func `a variable cannot make a text longer than the bound`() {
        let environment = ["A": String(repeating: "x", count: 100)]
        #expect(EnvironmentExpansion.expand(Array("$A$A".utf8), environment, limit: 150) == nil)
        #expect(EnvironmentExpansion.expand(Array("$A".utf8), environment, limit: 100)?.count == 100)
    }

    @Test func `the collector comes from the environment where the file names none`() {
        let environment = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "https://o:4317", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_HEADERS": "a=b,c=d%2Ce", "OTEL_EXPORTER_OTLP_TIMEOUT": "250",
            "OTEL_EXPORTER_OTLP_INSECURE": "true",
        ]
        let (configuration, findings) = ConfigurationLoader.load(files: [], environment: environment)
        #expect(findings.isEmpty)
        let otel = configuration.tracing.otel
        #expect(otel.endpointAddress == "o:4317" && otel.transport == "http" && !otel.isSecure)
        #expect(otel.headers == [.init(name: "a", value: "b"), .init(name: "c", value: "d,e")])
        #expect(otel.timeout == .milliseconds(250) && configuration.tracing.samplingRatio == 1)
        let own = read("tracing: {otel: {endpointAddress: own, protocol: grpc}}", environment: environment)
            .configuration
        #expect(own.tracing.otel.endpointAddress == "own" && own.tracing.otel.headers.isEmpty)
    }

    @Test(arguments: [
        (SecretScope(storeName: "s"), true), (SecretScope(storeName: "s", defaultAccess: "DENY"), false),
        (SecretScope(storeName: "s", defaultAccess: "deny", allowedSecrets: ["k"]), true),
        (SecretScope(storeName: "s", allowedSecrets: ["x"]), false),
        (SecretScope(storeName: "s", deniedSecrets: ["k"]), false),
        (SecretScope(storeName: "s", allowedSecrets: ["k"], deniedSecrets: ["k"]), true),
    ])
    func `a scope lets a secret through`(scope: SecretScope, expected: Bool) {
        #expect(scope.allows("k") == expected)
    }
}
