import Foundation
import Loop
import Testing

@testable import Runtime

@Suite struct ResourceCheckTests {
    /// Checks one file on a shard, where adapters are made.
    private func check(
        _ text: String, appID: String? = nil, environment: [String: String] = [:]
    ) throws -> ResourceCheck.Report {
        let folder = FileManager.default.temporaryDirectory.appending(path: "check-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(text.utf8).write(to: folder.appending(path: "x.yaml"))
        try Data("no resource".utf8).write(to: folder.appending(path: "README.md"))
        let request = ResourceCheck.Request(paths: [folder.path], appID: appID, environment: environment)
        return CheckBench.run(request)
    }

    private func lines(_ report: ResourceCheck.Report) -> [String] {
        report.problems.map { problem in
            var problem = problem
            problem.file = "x"
            return problem.description
        }
    }

    private static func component(
        _ name: String = "orders", type: String = "pubsub.in-memory", _ rest: String = ""
    ) -> String {
        "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: \(name)}\nspec:\n  type: \(type)\n  version: v1\n\(rest)"
    }

    private static func subscription(_ spec: String, top: String = "") -> String {
        "apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata: {name: s}\nspec:\n  pubsubname: orders\n  topic: t\n\(spec)\n\(top)"
    }

    /// A file and everything that is wrong in it.
    static let files: [(String, [String])] = [
        (component(), []),
        (
            component(
                type: "pubsub.redis",
                "  metadata:\n  - name: redisHots\n    value: a:1\n  - name: redisDB\n    value: x\n"),
            [
                "x:8:5: warning: orders: redisHots: unknown field, it has no effect; did you mean redisHost?",
                "x:10:5: error: orders: redisDB: \"x\" is no whole number; write one from 0 to 1000000",
            ]
        ),
        (
            component(type: "pubsub.reddis"),
            ["x:5:9: error: orders: spec.type: there is no type pubsub.reddis; did you mean pubsub.redis?"]
        ),
        (
            component(type: "pubsub.redis", "  metadata:\n  - name: redisHost\n    value: a,b\n"),
            [
                "x:5:9: error: orders: reading the settings: redisHost holds several hosts, which only clusters and sentinels have; set one"
            ]
        ),
        (
            component("orders", "") + "---\n" + component("orders", ""),
            ["x:10:18: error: orders: metadata.name: the name is taken by the Component in FILE:1; rename one"]
        ),
        (
            component("store", type: "secretstores.local.file"),
            [
                "x:5:9: error: store: missing local secrets file in metadata; set secretsFile",
                "x:5:9: error: store: secretsFile: is required; add it to spec.metadata",
            ]
        ),
        (
            component(
                "orders", type: "pubsub.redis",
                "  metadata:\n  - name: redisPassword\n    secretKeyRef: {name: p}\nauth: {secretStore: stoer}\n")
                + "---\n" + component("store", type: "secretstores.local.env"),
            ["x:10:21: error: orders: auth.secretStore: there is no secret store stoer; did you mean store?"]
        ),
        (
            component("orders", "scopes: ['']\n"),
            [
                "x:7:9: warning: orders: scopes: its scopes name no app, so that nobody gets it; leave them out to have it for everybody"
            ]
        ),
        (component() + "---\n" + subscription("  routes: {default: /a}"), []),
        (
            component("other") + "---\n" + subscription("  routes: {default: /a}"),
            ["x:12:15: warning: s: spec.pubsubname: there is no component orders"]
        ),
        (
            component() + "---\n" + subscription("  deadLetterTopic: t\n  routes: {default: /a}"),
            [
                "x:14:20: warning: s: spec.deadLetterTopic: is the topic itself, which would repeat every failure for ever; it is not used"
            ]
        ),
        (
            component() + "---\n" + subscription("  routes:\n    rules:\n    - match: event.type ==\n      path: /a"),
            [
                "x:16:27: error: s: spec.routes.rules.0: does not compile: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
            ]
        ),
        (
            component() + "---\n"
                + subscription(
                    "  routes:\n    rules:\n    - {match: 'true', path: /a}\n    - {match: 'false', path: /b}\n    default: /c"
                ),
            [
                "x:17:15: warning: s: spec.routes.rules.1: can never match: the rule in line 16 matches every event",
                "x:18:14: warning: s: spec.routes.default: is never used: the rule in line 16 matches every event",
            ]
        ),
        (
            component() + "---\n" + subscription(""),
            ["x:12:3: warning: s: spec.routes: there is no path: every event would be dropped"]
        ),
        (
            component("orders", "scopes: [a]\n") + "---\n"
                + subscription("  routes: {default: /a}", top: "scopes: [b]"),
            [
                "x:16:9: warning: s: scopes: its scopes and those of the component orders have no app in common, so that nobody gets it"
            ]
        ),
        (
            component("orders", "  metadata:\n  - name: allowedTopics\n    value: u\n") + "---\n"
                + subscription("  routes: {default: /a}"),
            [
                "x:16:10: warning: s: spec.topic: the topic scopes of the component orders do not let any app of it subscribe to this topic"
            ]
        ),
        (
            "kind: Configuration\nspec:\n  tracing: {samplingRat: '1'}\n",
            ["x:3:26: warning: spec.tracing.samplingRat: unknown field, it has no effect; did you mean samplingRate?"]
        ),
        ("a: b\n c: d\n", ["x:2:3: error: this is no YAML: mapping values are not allowed in this context"]),
        (
            "apiVersion: dapr.io/v1alpha1\nkind: Componet\n",
            ["x:2:7: error: kind: a document of kind \"Componet\" is not loaded; did you mean Component?"]
        ),
    ]

    @Test(arguments: files)
    func `everything that is wrong in a file is told with its place`(_ text: String, _ expected: [String]) throws {
        let found = lines(try check(text)).map { line in
            line.replacing(/\/\S*x\.yaml/, with: "FILE")
        }
        #expect(found == expected)
    }

    @Test func `for one app, what is not for it is not looked at`() throws {
        let text = Self.component("orders", type: "pubsub.nope", "scopes: [other]\n")
        #expect(try check(text, appID: "app").problems.isEmpty)
        #expect(try check(text, appID: "other").errors == 1)
        #expect(try check(text).errors == 1)
    }

    @Test func `a path that is not there is an error`() {
        let report = CheckBench.run(ResourceCheck.Request(paths: ["/nowhere/at/all"]))
        #expect(
            report.problems.map(\.description) == [
                "/nowhere/at/all: error: reading the folder: no such file or directory"
            ])
    }

    @Test func `the JSON has the members that are documented`() throws {
        let report = try check(Self.component(type: "pubsub.nope"))
        let json = try JSONSerialization.jsonObject(with: Data(CheckOutput.json(report).utf8)) as? [String: Any]
        #expect(json?.keys.sorted() == ["errors", "files", "findings", "warnings"])
        let finding = (json?["findings"] as? [[String: Any]])?.first
        #expect(finding?.keys.sorted() == ["column", "field", "file", "line", "message", "resource", "severity"])
        #expect(finding?["severity"] as? String == "error")
    }

    @Test func `without paths the usual folders are checked, and without those there is nothing to check`() throws {
        let found = try CheckOptions.parse([], environment: ["HOME": "/h"]) { $0 == "components" }
        #expect(found.request.paths == ["components"])
        let home = try CheckOptions.parse([], environment: ["HOME": "/h"]) { $0 == "/h/.dapr/components" }
        #expect(home.request.paths == ["/h/.dapr/components"])
        #expect(throws: OptionError.self) { try CheckOptions.parse([], environment: [:]) { _ in false } }
        let strict = try CheckOptions.parse(["--strict", "-o", "json", "a.yaml", "-d", "b"], environment: [:]) { _ in
            true
        }
        #expect(strict.isStrict && strict.isJSON && strict.request.paths == ["b", "a.yaml"])
    }
}

/// Runs checks where they belong: on a shard, one for all of them.
enum CheckBench {
    private static let shard = Shard(name: "check")

    static func run(_ request: ResourceCheck.Request) -> ResourceCheck.Report {
        let result = Guarded(ResourceCheck.Report())
        let isDone = DispatchSemaphore(value: 0)
        shard.loop.call {
            result.withLock { $0 = ResourceCheck.run(request) }
            isDone.signal()
        }
        isDone.wait()
        return result.withLock { $0 }
    }
}
