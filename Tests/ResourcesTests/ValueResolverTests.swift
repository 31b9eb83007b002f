import Testing

@testable import Resources

@Suite struct ValueResolverTests {
    private static func component(
        _ name: String = "c", type: String = "pubsub.redis", items: [ComponentSpec.Item], store: String = ""
    ) -> ComponentSpec {
        var spec = ComponentSpec(name: name, type: type)
        spec.items = items
        spec.secretStore = store
        return spec
    }

    private func resolve(_ components: ComponentSpec..., environment: [String: String] = [:]) -> ValueResolver.Result {
        ValueResolver.resolve(components, context: ResourceContext(appID: "app", environment: environment))
    }

    private static func secret(_ name: String, _ key: String = "") -> ComponentSpec.Item {
        ComponentSpec.Item(name: "k", secretKeyRef: .init(name: name, key: key))
    }

    @Test(arguments: [
        ("{appID}/{appID}", "app/app"), ("{namespace}", "ns.app"), ("{podName}", "pod"), ("{x}{appID", "{x}{appID"),
        ("{{appID}}", "{app}"), ("plain", "plain"), ("", ""),
    ])
    func `templates are filled in`(value: String, expected: String) {
        let result = resolve(
            Self.component(items: [.init(name: "k", value: value)]),
            environment: ["NAMESPACE": "ns", "POD_NAME": "pod"])
        #expect(result.components.first?.value("k") == expected)
        #expect(result.components.first?.isNamespaced == (value == "{namespace}"))
    }

    @Test func `each uuid is another one`() throws {
        let result = resolve(Self.component(items: [.init(name: "k", value: "{uuid} {uuid}")]))
        let parts = try #require(result.components.first?.value("k")).split(separator: " ")
        #expect(parts.count == 2 && parts[0] != parts[1] && parts.allSatisfy { $0.utf8.count == 36 })
    }

    @Test func `without NAMESPACE the template says default`() {
        let result = resolve(Self.component(items: [.init(name: "k", value: "{namespace}")]))
        #expect(result.components.first?.value("k") == "default.app")
    }

    @Test(arguments: [
        ([ComponentSpec.Item](), "app"), ([.init(name: "consumerID", value: "x")], "x"),
        ([.init(name: "consumerid", value: " x ")], "x"), ([.init(name: "consumerID", value: "  ")], "app"),
    ])
    func `a pub sub component has a consumer id`(items: [ComponentSpec.Item], expected: String) {
        let result = resolve(Self.component(items: items))
        #expect(result.components.first?.value("consumerID") == expected)
        #expect(result.components.first?.properties.count == 1)
    }

    @Test func `other components get no consumer id`() {
        #expect(resolve(Self.component(type: "state.redis", items: [])).components.first?.properties.isEmpty == true)
    }

    @Test(arguments: [
        ("VARIABLE", "v"), ("UNSET", ""), ("APP_API_TOKEN", nil), ("app_api_token", nil), ("DAPR_X", nil),
        ("dapr_x", nil),
        ("A B", nil), ("DAPRX", "d"),
    ])
    func `the environment is read as far as it may be`(name: String, expected: String?) {
        let environment = [
            "VARIABLE": "v", "DAPRX": "d", "DAPR_X": "secret", "APP_API_TOKEN": "secret", "A B": "secret",
        ]
        let item = ComponentSpec.Item(name: "k", envRef: name)
        let result = resolve(Self.component(items: [item]), environment: environment)
        #expect(result.components.first?.value("k") == expected ?? "")
        let warning = "Component c references an env variable that isn't allowed: \(name)"
        #expect(result.findings.map(\.message) == (expected == nil ? [warning] : []))
    }

    @Test func `a list of variables lets no other through`() {
        let environment = ["DAPR_ENV_KEYS": "A C", "A": "a", "B": "b"]
        let items = ["A", "B"].map { ComponentSpec.Item(name: "from" + $0, envRef: $0) }
        let result = resolve(Self.component(items: items), environment: environment)
        #expect(result.components.first?.value("fromA") == "a")
        #expect(result.components.first?.value("fromB") == "")
    }

    @Test func `a value beats a variable, and a secret beats a value`() {
        let store = Self.component("store", type: "secretstores.local.env", items: [])
        let component = Self.component(
            items: [
                .init(name: "a", value: "given", envRef: "VARIABLE"),
                .init(name: "b", value: "given", secretKeyRef: .init(name: "VARIABLE", key: "")),
            ], store: "store")
        let result = resolve(component, store, environment: ["VARIABLE": "v"])
        #expect(result.components.map(\.spec.name) == ["store", "c"])
        #expect(result.components.last?.value("a") == "given")
        #expect(result.components.last?.value("b") == "v")
        #expect(result.components.last?.properties.map(\.isSecret) == [false, true, false])
    }

    @Test(arguments: [
        (false, "", "a", "", "1"), (false, "", "b:c", "", "2"), (false, "", "b:c", "b:c", "2"),
        (false, ".", "b.c", "", "2"),
        (false, "", "d:0", "", "x"), (false, "", "n", "", "1.50"), (true, "", "b", "c", "2"),
        (true, "", "b", "e:f", "3"),
        (true, "", "a", "a", "1"),
    ])
    func `secrets of a file are found by name and key`(
        isMultiValued: Bool, separator: String, name: String, key: String, expected: String
    ) throws {
        let folder = try TemporaryFolder()
        try folder.write(#"{"a":"1","b":{"c":"2","e":{"f":"3"}},"d":["x"],"n":1.50}"#, to: "s.json")
        let store = Self.component(
            "store", type: "secretstores.local.FILE",
            items: [
                .init(name: "secretsFile", value: folder.path + "/s.json"),
                .init(name: "multiValued", value: isMultiValued ? "true" : "no"),
                .init(name: "nestedSeparator", value: separator),
            ])
        let result = resolve(store, Self.component(items: [Self.secret(name, key)], store: "store"))
        #expect(result.components.last?.value("k") == expected)
        #expect(result.findings.isEmpty)
    }

    @Test func `a secret that is not there leaves the field empty and is told`() throws {
        let folder = try TemporaryFolder()
        try folder.write(#"{"a":"1"}"#, to: "s.json")
        let store = Self.component(
            "store", type: "secretstores.local.file",
            items: [.init(name: "secretsFile", value: folder.path + "/s.json")])
        let result = resolve(
            store, Self.component(items: [Self.secret("nope"), Self.secret("a", "b")], store: "store"))
        #expect(result.components.count == 2)
        #expect(
            result.findings.map(\.message) == [
                "Error getting secret: secret nope not found", "secret a has no value for key b; the field stays empty",
            ])
    }

    @Test(arguments: [
        ("", "missing local secrets file in metadata; set secretsFile"),
        ("/nope", "open /nope: no such file or directory"),
    ])
    func `a store without its file fails, and who needs it waits`(path: String, reason: String) {
        let store = Self.component(
            "store", type: "secretstores.local.file", items: [.init(name: "secretsFile", value: path)])
        let result = resolve(store, Self.component(items: [Self.secret("a")], store: "store"))
        #expect(result.failed.map(\.name) == ["store"])
        #expect(result.parked.map(\.name) == ["c"])
        #expect(result.findings.first?.message == reason)
    }

    @Test func `a file of secrets that is broken is told without its text`() throws {
        let folder = try TemporaryFolder()
        try folder.write(#"{"a":"hunter2"#, to: "s.json")
        let store = Self.component(
            "store", type: "secretstores.local.file",
            items: [.init(name: "secretsFile", value: folder.path + "/s.json")])
        let message = try #require(resolve(store).findings.first?.message)
        #expect(message.contains("holds no JSON") && !message.contains("hunter2"))
    }

    @Test func `a store may need a store that comes later`() {
        let first = Self.component("first", type: "secretstores.local.env", items: [Self.secret("A")], store: "second")
        let second = Self.component("second", type: "secretstores.local.env", items: [])
        let result = resolve(first, second, environment: ["A": "1"])
        #expect(result.components.map(\.spec.name) == ["second", "first"])
        #expect(result.parked.isEmpty)
    }

    @Test func `stores that need each other wait for ever, and start goes on`() {
        let first = Self.component("first", type: "secretstores.local.env", items: [Self.secret("A")], store: "second")
        let second = Self.component("second", type: "secretstores.local.env", items: [Self.secret("A")], store: "first")
        #expect(resolve(first, second).parked.map(\.name) == ["first", "second"])
    }
}
