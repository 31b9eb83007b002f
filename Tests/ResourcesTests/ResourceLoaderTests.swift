import Testing

@testable import Resources

@Suite struct ResourceLoaderTests {
    private func load(_ text: String, environment: [String: String] = [:], denied: [String] = []) -> LoadedResources {
        ResourceLoader.read(
            Array(text.utf8), file: "x.yaml", context: ResourceContext(appID: "app", environment: environment),
            denied: DenyList(denied))
    }

    private static func component(_ spec: String, top: String = "", metadata: String = "") -> String {
        """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata:
          name: c
        \(metadata)
        spec:
          type: pubsub.redis
        \(spec)
        \(top)
        """
    }

    @Test func `a component is read with all its fields and the lines of its items`() throws {
        let loaded = load(
            """
            # first
            ---
            apiVersion: dapr.io/v1alpha1
            KIND: Component
            Metadata: {Name: orders, namespace: ns}
            spec:
              type: pubsub.redis
              version: v1
              ignoreErrors: true
              initTimeout: 250ms
              metadata:
                - name: redisHost
                  value: localhost:6379
                - name: redisPassword
                  secretKeyRef: {name: s, key: k}
                - {name: from, envRef: VARIABLE}
            auth: {secretStore: store}
            scopes: [app, other]
            """)
        var expected = ComponentSpec(name: "orders", type: "pubsub.redis")
        expected.namespace = "ns"
        expected.ignoreErrors = true
        expected.initTimeout = .milliseconds(250)
        expected.items = [
            .init(name: "redisHost", value: "localhost:6379", line: 12, column: 7),
            .init(name: "redisPassword", secretKeyRef: .init(name: "s", key: "k"), line: 14, column: 7),
            .init(name: "from", envRef: "VARIABLE", line: 16, column: 7),
        ]
        expected.secretStore = "store"
        expected.scopes = ["app", "other"]
        expected.file = "x.yaml"
        expected.line = 3
        #expect(loaded.components == [expected])
        #expect(loaded.findings.isEmpty)
    }

    @Test(arguments: [
        ("5", "5"), ("true", "true"), ("yes", "true"), ("'yes'", "yes"), ("1.50", "1.5"), ("010", "8"), ("null", nil),
        ("", nil), ("{b: [1, x], a: '<'}", #"{"a":"\u003c","b":[1,"x"]}"#), ("[1, null]", "[1,null]"),
        ("\"a\\nb\"", "a\nb"), ("2001-01-01", "2001-01-01"), ("1e21", "1e+21"), ("|\n        text", "text\n"),
    ])
    func `a metadata value of any kind becomes text as with daprd`(yaml: String, expected: String?) {
        let loaded = load(Self.component("  metadata:\n    - name: a\n      value: \(yaml)"))
        #expect(loaded.components.first?.items.first?.value == expected)
    }

    @Test(arguments: [
        ("    ignoreErrors: 'true'", "ComponentSpec.spec.ignoreErrors of type bool"),
        ("    metadata: text", "ComponentSpec.spec.metadata of type []common.NameValuePair"),
        ("    metadata: [5]", "ComponentSpec.spec.metadata of type common.NameValuePair"),
        ("    version: [v1]", "ComponentSpec.spec.version of type string"),
    ])
    func `a value of the wrong kind leaves the document out in Go's words`(spec: String, expected: String) {
        let loaded = load(Self.component(String(spec.dropFirst(2))))
        #expect(loaded.components.isEmpty)
        #expect(loaded.findings.count == 1)
        #expect(loaded.findings.first?.severity == .warning)
        #expect(loaded.findings.first?.message.hasSuffix("into Go struct field " + expected) == true)
        #expect(loaded.findings.first?.line == 8)
    }

    @Test func `everything that is wrong in a document is told at once`() {
        let loaded = load(Self.component("  ignoreErrors: 5\n  version: {}\n", top: "scopes: text"))
        #expect(loaded.findings.map(\.field) == ["spec.version", "spec.ignoreErrors", "scopes"])
    }

    @Test(arguments: [
        ("  colour: red", "", "", "spec.colour", ""),
        ("  ignoreError: true", "", "", "spec.ignoreError", "; did you mean ignoreErrors?"),
        ("", "scope: [a]", "", "scope", "; did you mean scopes?"),
        ("", "", "  scopes: [a]", "metadata.scopes", ""),
        ("  metadata: [{name: a, vlaue: b}]", "", "", "spec.metadata.vlaue", "; did you mean value?"),
    ])
    func `an unknown field is a warning that names the nearest one`(
        spec: String, top: String, metadata: String, field: String, hint: String
    ) {
        let loaded = load(Self.component(spec, top: top, metadata: metadata))
        #expect(loaded.components.count == 1)
        #expect(loaded.findings.map(\.severity) == [.warning])
        #expect(loaded.findings.first?.field == field)
        #expect(loaded.findings.first?.message == "unknown field, it has no effect" + hint)
    }

    @Test(arguments: [
        (
            "dapr.io/v1alpha1", "Componnt", Finding.Severity.warning,
            "a document of kind \"Componnt\" is not loaded; did you mean Component?"
        ),
        (
            "dapr.io/v1", "Component", .warning,
            "a Component of apiVersion \"dapr.io/v1\" is not loaded; write dapr.io/v1alpha1"
        ),
        ("apps/v1", "Deployment", .info, "a document of kind \"Deployment\" is not loaded"),
        (
            "dapr.io/v1alpha1", "Configuration", .info,
            "a Configuration in a resource directory has no effect; give its file with --config"
        ),
        ("dapr.io/v1alpha1", "MCPServer", .warning, "resources of kind MCPServer are not supported; it has no effect"),
    ])
    func `a document of another kind is left out, and that is told`(
        version: String, kind: String, severity: Finding.Severity, message: String
    ) {
        let loaded = load("apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: x}\n")
        #expect(loaded.findings.map(\.message) == [message])
        #expect(loaded.findings.map(\.severity) == [severity])
    }

    @Test func `a document that is no YAML leaves the others alone, and its line is that of the file`() throws {
        let good = Self.component("")
        let loaded = load(good + "\n---\n\nkind: [\n---\n" + good.replacing("name: c", with: "name: d"))
        #expect(loaded.components.map(\.name) == ["c", "d"])
        let finding = try #require(loaded.findings.first)
        #expect(finding.severity == .error)
        #expect(
            finding.message.hasSuffix("error converting YAML to JSON: yaml: line 2: did not find expected node content")
        )
        #expect(finding.line == good.split(separator: "\n", omittingEmptySubsequences: false).count + 4)
    }

    @Test func `a bomb of aliases is one finding and costs nothing`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...20 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
        }
        #expect(load(text).findings.map(\.severity) == [.error])
    }

    @Test(arguments: [([String](), true), (["app"], true), (["App"], false), (["other"], false)])
    func `scopes name apps exactly`(scopes: [String], isLoaded: Bool) {
        let top = scopes.isEmpty ? "" : "scopes: \(scopes)"
        #expect(load(Self.component("", top: top)).components.isEmpty != isLoaded)
    }

    @Test(arguments: [
        ("pubsub.redis", true), ("PUBSUB.Redis", true), ("pubsub.redis/v1", true), ("pubsub.redis/", true),
        ("pubsub.redis/v2", false), ("pubsub", false),
    ])
    func `the deny list names types without case`(entry: String, isDenied: Bool) {
        let loaded = load(Self.component("  version: v1"), denied: [entry])
        #expect(loaded.components.isEmpty == isDenied)
        #expect(loaded.findings.map(\.severity) == (isDenied ? [.warning] : []))
    }

    @Test func `of two components with one name, the one that is for another app does not count when it comes first`() {
        let other = Self.component("", top: "scopes: [other]")
        let own = Self.component("")
        #expect(!load(other + "\n---\n" + own).isFatal)
        #expect(load(own + "\n---\n" + other).isFatal)
    }

    @Test func `a subscription keeps rules, default, bulk and metadata`() throws {
        let loaded = load(
            """
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata: {name: s}
            spec:
              pubsubname: p
              topic: 5
              routes:
                rules: [{match: 'event.type == "x"', path: /x}, {path: /y}]
                default: /z
              metadata: {rawPayload: true, num: 1.0}
              deadLetterTopic: dead
              bulkSubscribe: {enabled: true, maxMessagesCount: 7, maxAwaitDurationMs: 70}
            """)
        let subscription = try #require(loaded.subscriptions.first)
        #expect(subscription.topic == "5")
        #expect(subscription.effectiveRules.map(\.path) == ["/x", "/y", "/z"])
        #expect(subscription.metadata.pairs.map { $0.key + "=" + $0.value } == ["rawPayload=true", "num=1"])
        #expect(subscription.bulk == .init(isEnabled: true, maxMessagesCount: 7, maxAwaitDurationMs: 70))
        #expect(loaded.findings.isEmpty)
    }

    @Test func `a field of the other version of a subscription is a warning that says which is meant`() {
        let loaded = load(
            "apiVersion: dapr.io/v1alpha1\nkind: Subscription\nspec: {pubsubname: p, topic: t, routes: {default: /t}}\n"
        )
        #expect(loaded.subscriptions.first?.effectiveRules.isEmpty == true)
        #expect(loaded.findings.map(\.message) == ["unknown field, it has no effect; did you mean route?"])
    }

    @Test func `a later subscription of the same name is told`() {
        let one = "apiVersion: dapr.io/v1alpha1\nkind: Subscription\nmetadata: {name: s}\nspec: {topic: a, route: /a}\n"
        let loaded = load(one + "---\n" + one.replacing("topic: a", with: "topic: b"))
        #expect(loaded.subscriptions.map(\.topic) == ["b"])
        #expect(
            loaded.findings.map(\.message) == ["replaces the Subscription of the same name in x.yaml:1; rename one"])
    }

    @Test func `directories are read in order, and one that is missing is fatal`() throws {
        let first = try TemporaryFolder()
        let second = try TemporaryFolder()
        try first.write(Self.component("").replacing("name: c", with: "name: z"), to: "b.yml")
        try first.write(Self.component("").replacing("name: c", with: "name: x"), to: "c.YAML")
        try second.write(Self.component("").replacing("name: c", with: "name: a"), to: "a.yaml")
        let context = ResourceContext(appID: "app", environment: [:])
        let loaded = ResourceLoader.load(directories: [first.path, second.path], context: context)
        #expect(loaded.components.map(\.name) == ["z", "x", "a"])
        let missing = ResourceLoader.load(directories: [first.path + "/nope"], context: context)
        #expect(missing.isFatal)
        let text = "failed to create watcher: failed to add target \(first.path)/nope: no such file or directory"
        #expect(missing.findings.map(\.message) == [text])
    }

    @Test func `a file that is too long is left out with a warning`() throws {
        let folder = try TemporaryFolder()
        try folder.write(String(repeating: "# x\n", count: 300_000), to: "a.yaml")
        let context = ResourceContext(appID: "app", environment: [:])
        let loaded = ResourceLoader.load(directories: [folder.path], context: context)
        #expect(loaded.findings.map(\.severity) == [.warning])
        #expect(loaded.findings.first?.message.hasSuffix("longer than 1048576 bytes") == true)
    }

    @Test(arguments: [
        ("a\n---\nb", ["a", "b"], [1, 3]), ("a", ["a"], [1]), ("", [], []), ("---\na", ["---\na"], [1]),
        ("a\n---\n---\nb", ["a", "---\nb"], [1, 3]), ("a\n--- # x\nb\n", ["a", "b\n"], [1, 3]), ("a\n---", ["a"], [1]),
        ("a\r\n---\r\nb", ["a\r", "b"], [1, 3]), ("a\n\n\n----x\nb", ["a\n\n", "b"], [1, 5]), ("\n---\n", [""], [1]),
    ])
    func `a file is split at lines that begin with three dashes`(text: String, expected: [String], lines: [Int]) {
        let manifests = ManifestSplitter.split(Array(text.utf8)).manifests
        #expect(manifests.map { String(decoding: $0.bytes, as: UTF8.self) } == expected)
        #expect(manifests.map(\.firstLine) == lines)
    }

    @Test(arguments: [
        ("redishost", "redisHost"), ("redsHost", "redisHost"), ("reidsHost", "redisHost"), ("colour", nil), ("", nil),
        ("redisPort", "redisPort"), ("r", nil), (String(repeating: "x", count: 1000), nil),
    ])
    func `the nearest name is near`(name: String, expected: String?) {
        #expect(NearestName.of(name, among: ["redisHost", "redisPort", "redisDB"]) == expected)
    }
}
