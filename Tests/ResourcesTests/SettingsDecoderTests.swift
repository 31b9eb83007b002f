import Messaging
import Testing

@testable import Resources

@Suite struct SettingsDecoderTests {
    private static let fields = [
        Field("redisHost", .text, required: true, "Host and port."),
        Field("redisPassword", .text, secret: true, "Password."),
        Field("redisDB", .integer(0...15), default: "0", "Database."),
        Field("token", .integer(0...9), secret: true, "A secret number."),
        Field("readTimeout", .duration(bareUnit: .milliseconds(1)), default: "3s", "How long a read may take."),
        Field("enableTLS", .bool, "Whether to use TLS."),
        Field("useEntraID", .bool, aliases: ["useAzureAD"], refusal: "token authentication is not built in", "Tokens."),
        Field("redisType", .choice(["node", "cluster"]), default: "node", "Kind of server."),
        Field("maximum", .quantity, default: "1Mi", "Largest size."),
    ]

    private func decode(_ pairs: [(String, String)]) -> (settings: Settings, findings: [Finding]) {
        let properties = pairs.enumerated().map { index, pair in
            ResolvedComponent.Property(name: pair.0, value: pair.1, line: index + 1)
        }
        let component = ResolvedComponent(spec: ComponentSpec(name: "c", type: "pubsub.redis"), properties: properties)
        return SettingsDecoder.settings(for: component, kind: Self.fields)
    }

    @Test func `values are decoded, and defaults fill what is not given`() {
        let (settings, findings) = decode([
            ("REDISHOST", "h:1"), ("redisDB", " 3 "), ("enableTLS", "Yes"), ("readTimeout", "250"), ("maximum", "2Ki"),
            ("consumerID", "x"), ("publishingScopes", "a=b"), ("redisType", "Cluster"),
        ])
        #expect(findings.isEmpty)
        #expect(settings.text("redisHost") == "h:1")
        #expect(settings.integer("redisDB") == 3)
        #expect(settings.bool("enableTLS"))
        #expect(settings.duration("readTimeout") == .milliseconds(250))
        #expect(settings.integer("maximum") == 2048)
        #expect(settings.text("redisType") == "cluster")
        #expect(settings.isGiven("redisHost") && !settings.isGiven("redisPassword"))
        let defaults = decode([("redisHost", "h")]).settings
        #expect(defaults.duration("readTimeout") == .seconds(3))
        #expect(defaults.integer("maximum") == 1 << 20)
        #expect(defaults.text("redisPassword") == nil)
        #expect(!defaults.bool("enableTLS"))
    }

    @Test func `everything that is wrong is told at once, in the order of the file`() {
        let findings = decode([
            ("redisHots", "h"), ("redisDB", "99"), ("redisDB", "1"), ("readTimeout", "soon"), ("useAzureAD", "true"),
            ("redisType", "nodes"), ("maximum", "big"),
        ]).findings
        #expect(
            findings.map(\.message) == [
                "is required; add it to spec.metadata",
                "unknown field, it has no effect; did you mean redisHost?",
                "\"99\" is out of range; write a whole number from 0 to 15",
                "key redisdb is duplicate in the metadata; keep one of redisDB (line 2) and redisDB (line 3)",
                "\"soon\" is no duration; write one such as 1m30s, or a whole number of milliseconds",
                "not supported: token authentication is not built in",
                "\"nodes\" is none of node, cluster; did you mean node?",
                "\"big\" is no size; write a number of bytes, or one with Ki, Mi or Gi",
            ])
        #expect(findings.filter { $0.severity == .warning }.count == 1)
    }

    @Test func `a name and its alias are one key`() {
        let findings = decode([("redisHost", "h"), ("useEntraID", "false"), ("useAzureAD", "false")]).findings
        #expect(findings.map(\.severity) == [.error])
        #expect(findings.first?.message.hasPrefix("key useentraid is duplicate in the metadata") == true)
    }

    @Test(arguments: [("", true), ("false", true), ("true", false)])
    func `switching off what is refused is no error`(value: String, isAccepted: Bool) {
        #expect(decode([("redisHost", "h"), ("useEntraID", value)]).findings.isEmpty == isAccepted)
    }

    @Test func `a secret is never in a message`() {
        let findings = decode([("redisHost", "h"), ("token", "hunter2")]).findings
        #expect(findings.map(\.message) == ["its value is no whole number; write one from 0 to 9"])
        let property = ResolvedComponent.Property(name: "redisDB", value: "hunter2", isSecret: true)
        let host = ResolvedComponent.Property(name: "redisHost", value: "h")
        let component = ResolvedComponent(
            spec: ComponentSpec(name: "c", type: "pubsub.redis"), properties: [host, property])
        let others = SettingsDecoder.settings(for: component, kind: Self.fields).findings
        #expect(others.allSatisfy { !$0.message.contains("hunter2") } && others.count == 1)
    }

    @Test(arguments: [("maybe", 1), ("no", 0), ("0", 0), ("OFF", 0), ("True", 0)])
    func `a word that is neither yes nor no counts as no, with a warning`(value: String, warnings: Int) {
        #expect(decode([("redisHost", "h"), ("enableTLS", value)]).findings.count == warnings)
    }

    @Test(arguments: [
        ("1m30s", Duration.seconds(90)), ("-1", .milliseconds(-1)), ("0", .zero), ("1.5h", .seconds(5400)),
        ("100ms", .milliseconds(100)),
    ])
    func `durations are Go's or bare`(text: String, expected: Duration) {
        #expect(FieldValue.parse(text, as: .duration(bareUnit: .milliseconds(1))) == .success(.duration(expected)))
    }

    @Test(arguments: ["", "soon", "99999999999999999999", "1s2", "5000000000000h"])
    func `what is no duration is refused`(text: String) {
        if case .success = FieldValue.parse(text, as: .duration(bareUnit: .seconds(1))) {
            Issue.record("\(text) was taken")
        }
    }
}
