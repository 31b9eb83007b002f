import Foundation
import Testing
import YAML

@testable import Resources
@testable import Runtime

/// The schemas against every resource that was recorded with daprd.
@Suite struct SchemaTests {
    /// One recorded document.
    private struct Document {
        let place: String
        let text: String
        let json: Any
        let kind: String
    }

    private static func documents() throws -> [Document] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Golden/cases")
        var documents: [Document] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where name.hasSuffix(".json") {
            let data = try Data(contentsOf: folder.appending(path: name))
            let file = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            for one in file?["cases"] as? [[String: Any]] ?? [] {
                let place = "\(name) \(one["name"] as? String ?? "")"
                for text in (one["resources"] as? [String: String] ?? [:]).sorted(by: { $0.key < $1.key }).map(\.value)
                {
                    documents += split(text, place)
                }
                if let text = one["config"] as? String { documents += split(text, place) }
            }
        }
        return documents
    }

    private static func split(_ text: String, _ place: String) -> [Document] {
        ManifestSplitter.split(Array(text.utf8)).manifests.compactMap { manifest in
            guard let node = try? YAMLReader.firstDocument(in: manifest.bytes), let kind = node["kind"]?.scalar?.text,
                let json = ResourceJSON.text(of: node),
                let value = try? JSONSerialization.jsonObject(with: Data(json.utf8))
            else { return nil }
            return Document(
                place: place, text: String(decoding: manifest.bytes, as: UTF8.self), json: value, kind: kind)
        }
    }

    private static func validator(_ name: String? = nil) throws -> SchemaValidator {
        let text = PrettyJSON.text(try #require(ResourceSchema.schema(of: name)))
        let root = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return SchemaValidator(root: try #require(root))
    }

    /// What a check says of one document alone; what it says of others is left out.
    private static func problems(_ document: Document, _ path: String) throws -> [ResourceProblem] {
        try Data(document.text.utf8).write(to: URL(filePath: path))
        let others = ["spec.pubsubname", "auth.secretStore", "spec.secrets.scopes"]
        return CheckBench.run(ResourceCheck.Request(paths: [path])).problems.filter { !others.contains($0.field) }
    }

    @Test func `the schemas accept what a check has nothing against, and refuse unknown fields as it does`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "schema-\(UUID().uuidString).yaml").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let kinds = ["Component", "Subscription", "Configuration", "Resiliency"]
        let documents = try Self.documents().filter { kinds.contains($0.kind) }
        #expect(documents.count > 500)
        let any = try Self.validator()
        var seen: Set<String> = []
        var accepted = 0
        for document in documents where seen.insert(document.text).inserted {
            let fault = try Self.validator(document.kind.lowercased()).fault(document.json)
            #expect((any.fault(document.json) == nil) == (fault == nil), "\(document.place)")
            let problems = try Self.problems(document, path)
            if fault != nil {
                let isStricter = Self.stricter.contains { document.place.hasSuffix($0) }
                #expect(!problems.isEmpty || isStricter, "\(document.place): \(fault ?? "")\n\(document.text)")
            } else {
                accepted += 1
                let unknown = problems.filter { $0.message.hasPrefix("unknown field") }
                #expect(unknown.isEmpty, "\(document.place): \(unknown)")
            }
        }
        #expect(accepted > 100)
    }

    /// Where the schemas want more than the sidecar does: fields spelled as documented.
    private static let stricter = ["resource-skipped-keys-in-capitals"]

    /// A document and a part of what the schema has against it; `nil` where it has nothing.
    static let examples: [(String, String?)] = [
        ("{apiVersion: dapr.io/v1alpha1, kind: Component, metadata: {name: a}, spec: {type: PUBSUB.redis}}", "forms"),
        ("{apiVersion: dapr.io/v1alpha1, kind: Component, metadata: {name: a}, spec: {type: pubsub.Redis}}", nil),
        (
            "{apiVersion: dapr.io/v1alpha1, kind: Component, metadata: {name: a}, spec: {type: pubsub.redis, metadata: [{name: redishost, value: 1}]}}",
            nil
        ),
        (
            "{apiVersion: dapr.io/v1alpha1, kind: Component, metadata: {name: a}, spec: {type: pubsub.redis, metadata: [{name: redisHots, value: 1}]}}",
            "forms"
        ),
        (
            "{apiVersion: dapr.io/v1alpha1, kind: Component, metadata: {name: a}, spec: {type: pubsub.redis, metadata: [{name: redisDB, value: x}]}}",
            "forms"
        ),
        (
            "{apiVersion: dapr.io/v1alpha1, kind: Component, metadata: {name: a}, spec: {type: secretstores.local.file, metadata: []}}",
            "none that is wanted"
        ),
        (
            "{apiVersion: dapr.io/v1alpha1, kind: Subscription, metadata: {name: a}, spec: {pubsubname: a, topic: t, route: /x}}",
            nil
        ),
        (
            "{apiVersion: dapr.io/v2alpha1, kind: Subscription, metadata: {name: a}, spec: {pubsubname: a, topic: t, route: /x}}",
            "not allowed"
        ),
        (
            "{apiVersion: dapr.io/v1alpha1, kind: Subscription, metadata: {name: a}, spec: {pubsubname: a, topic: t, routes: {}}}",
            "not allowed"
        ),
        ("{apiVersion: dapr.io/v1alpha1, kind: Nothing, metadata: {name: a}}", "none of"),
    ]

    @Test(arguments: examples)
    func `the schema of all kinds finds what is wrong`(_ text: String, _ expected: String?) throws {
        let node = try #require(try YAMLReader.firstDocument(in: Array(text.utf8)))
        let json = try JSONSerialization.jsonObject(with: Data(try #require(ResourceJSON.text(of: node)).utf8))
        let fault = try Self.validator().fault(json)
        #expect((fault == nil) == (expected == nil))
        if let expected { #expect(fault?.contains(expected) == true, "\(fault ?? "")") }
    }

    @Test func `every page of the reference fits a terminal`() {
        for page in Reference.all {
            for line in ReferenceText.page(page).split(separator: "\n") {
                #expect(
                    line.count <= TextLayout.terminalWidth || !line.dropFirst(8).contains(" "), "\(page.name): \(line)")
            }
        }
        #expect(Reference.named("Subscription")?.name == "subscription")
        #expect(Reference.hint(for: "pubsub.reddis") == "; did you mean pubsub.redis?")
    }
}
