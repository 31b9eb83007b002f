import Foundation
import Testing

@testable import Resources

/// What daprd loaded, left out and logged, against what the loader makes of the same files.
@Suite(.enabled(if: GoldenCase.arePresent)) struct GoldenResourceTests {
    /// Types that start without a broker; any other type of a case is one that daprd does not know, or cannot reach.
    private static let startable: Set<String> = [
        "pubsub.in-memory", "state.in-memory", "bindings.http", "bindings.cron", "bindings.localstorage",
        "secretstores.local.env", "secretstores.local.file",
    ]

    private struct Outcome {
        var loaded: LoadedResources
        var resolved: ValueResolver.Result
        var folder: TemporaryFolder

        var messages: [String] { (loaded.findings + resolved.findings).map(\.message) }
    }

    private func load(_ golden: GoldenCase) throws -> Outcome {
        let folder = try TemporaryFolder()
        for (name, text) in golden.otherFiles { try folder.write(text, to: name) }
        for (name, text) in golden.files {
            try folder.write(text.replacingOccurrences(of: "<tmp-dir>", with: folder.path), to: "resources/" + name)
        }
        if golden.files.isEmpty {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/resources", withIntermediateDirectories: true)
        }
        var denied = DenyList.none
        if golden.name.contains("denied-by-configuration") { denied = DenyList(["bindings.http"]) }
        let context = ResourceContext(
            appID: golden.appID,
            environment: golden.environment.merging(["DAPR_HOST_IP": "127.0.0.1"]) { own, _ in own })
        let loaded = ResourceLoader.load(
            directories: [folder.path + "/resources"], context: context, denied: denied)
        return Outcome(
            loaded: loaded, resolved: ValueResolver.resolve(loaded.components, context: context), folder: folder)
    }

    private static let withComponents =
        (GoldenCase.all("resources-errors") + GoldenCase.all("metadata") + GoldenCase.all("scopes")
        + GoldenCase.all("subscriptions")).filter {
            !$0.isExit && !$0.metadata.isEmpty && !$0.name.hasPrefix("hot-reload")
        }

    @Test(arguments: withComponents)
    func `the components are those that daprd loaded, in its order`(golden: GoldenCase) throws {
        let outcome = try load(golden)
        let expected = (golden.metadata.first?["components"] as? [[String: Any]] ?? []).map { component in
            "\(component["name"] ?? "") \(component["type"] ?? "") \(component["version"] ?? "")"
        }
        let actual = outcome.resolved.components.filter { Self.startable.contains($0.spec.lookupType) }.map {
            "\($0.spec.name) \($0.spec.type) \($0.spec.version)"
        }
        #expect(actual == expected)
        #expect(!outcome.loaded.isFatal)
        let endpoints = (golden.metadata.first?["httpEndpoints"] as? [[String: Any]] ?? []).map {
            $0["name"] as? String
        }
        #expect(outcome.loaded.httpEndpoints.map(\.name) == endpoints)
        let resiliencies = (golden.metadata.first?["resiliencies"] as? [[String: Any]] ?? []).map {
            $0["name"] as? String
        }
        #expect(outcome.loaded.resiliencies.map(\.name) == resiliencies)
    }

    private static let withSubscriptions =
        (GoldenCase.all("subscriptions") + GoldenCase.all("metadata")).filter { golden in
            !golden.metadata.isEmpty && !golden.isExit && golden.metadata.first?["subscriptions"] != nil
        }

    @Test(arguments: withSubscriptions)
    func `the subscriptions are those that daprd lists`(golden: GoldenCase) throws {
        let outcome = try load(golden)
        let answer = try subscribeAnswer(golden)
        let programmatic = try ProgrammaticSubscriptions.parse(body: Array(answer.utf8))
        let merged = SubscriptionSpec.merge(
            declarative: outcome.loaded.subscriptions, programmatic: programmatic.subscriptions)
        let expected = try #require(golden.metadata.first?["subscriptions"] as? [[String: Any]]).map(describe)
        #expect(merged.map(describe).sorted() == expected.sorted())
        for log in golden.logs where log.message.contains("has an empty routes") {
            #expect(programmatic.findings.map(\.message).contains(log.message))
        }
    }

    private func subscribeAnswer(_ golden: GoldenCase) throws -> String {
        guard let app = golden.app else { return "" }
        if let answers = (app["answers"] as? [String: Any])?["GET /dapr/subscribe"] as? [[String: Any]] {
            return answers.last?["body"] as? String ?? ""
        }
        guard let list = app["subscribe"], !(list is NSNull) else { return "" }
        return String(decoding: try JSONSerialization.data(withJSONObject: list), as: UTF8.self)
    }

    private func describe(_ json: [String: Any]) -> String {
        let rules = (json["rules"] as? [[String: Any]] ?? []).map { "\($0["match"] ?? "")→\($0["path"] ?? "")" }
        let metadata = (json["metadata"] as? [String: String] ?? [:]).sorted { $0.key < $1.key }.map {
            "\($0.key)=\($0.value)"
        }
        return
            "\(json["pubsubname"] ?? "") \(json["topic"] ?? "") \(rules) \(json["deadLetterTopic"] ?? "") \(metadata) \(json["type"] ?? "")"
    }

    private func describe(_ spec: SubscriptionSpec) -> String {
        let rules = spec.effectiveRules.map { "\($0.match)→\($0.path)" }
        let metadata = spec.metadata.pairs.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return "\(spec.pubsubName) \(spec.topic) \(rules) \(spec.deadLetterTopic) \(metadata) \(spec.origin.rawValue)"
    }

    private static let malformedAnswers = GoldenCase.all("subscriptions").filter { golden in
        golden.logs.contains { $0.message.hasPrefix("error getting topics from app: json:") }
    }

    @Test(arguments: malformedAnswers)
    func `a list of the wrong shape is refused in daprd's words`(golden: GoldenCase) throws {
        let expected = try #require(golden.logs.first { $0.message.hasPrefix("error getting") }?.message)
        let body = Array(try subscribeAnswer(golden).utf8)
        let error = #expect(throws: ProgrammaticSubscriptions.Malformed.self) {
            try ProgrammaticSubscriptions.parse(body: body)
        }
        #expect(error?.message == expected)
    }

    /// What daprd logs while it reads files, once for each kind that reads them: the lines of the kinds that are ours.
    private static let withLogs = GoldenCase.all("resources-errors").filter { !$0.isExit && !$0.logs.isEmpty }

    @Test(arguments: withLogs)
    func `what daprd logs while loading is told in the same words`(golden: GoldenCase) throws {
        let outcome = try load(golden)
        let scopes = ["dapr.runtime.loader.disk", "dapr.runtime.authorizer", "dapr.runtime.processor.secret"]
        let otherKinds = ["HTTPEndpoint", "MCPServer", "WorkflowAccessPolicy"]
        for log in golden.logs where scopes.contains(log.scope) {
            if otherKinds.contains(where: { log.message.contains(" \($0) ") }) { continue }
            // A file that is no YAML is told once, not once for each kind.
            if log.message.contains(" Subscription "), !log.message.contains("Routes") { continue }
            let expected = log.message.replacingOccurrences(of: "<tmp-dir>", with: outcome.folder.path)
            #expect(outcome.messages.contains(expected), "\(expected) is not among \(outcome.messages)")
        }
    }

    private static let duplicates = GoldenCase.all("resources-errors").filter {
        $0.name.contains("duplicate") && $0.isExit
    }

    @Test(arguments: duplicates)
    func `two components of one name are fatal in daprd's words`(golden: GoldenCase) throws {
        guard !golden.name.contains("metadata-key") else { return }
        let outcome = try load(golden)
        let fatal = outcome.loaded.findings.filter { $0.severity == .fatal }.map {
            "Fatal error from runtime: \($0.message)"
        }
        #expect(fatal == golden.exitTexts)
    }

    private static let unknownTypes = GoldenCase.all("resources-errors").filter { golden in
        golden.isExit
            && golden.exitTexts.contains { $0.contains("couldn't find") || $0.contains("incorrect type") }
    }

    @Test(arguments: unknownTypes)
    func `an unknown type ends start in daprd's words`(golden: GoldenCase) throws {
        let component = try #require(try load(golden).resolved.components.first?.spec)
        let failure = ComponentFailure.unknown(component)
        let texts = [failure.initText, "Fatal error from runtime: " + failure.processText].compactMap(\.self)
        #expect(texts == golden.exitTexts)
    }

    @Test func `a pod name that is asked for and unset fails the component in daprd's words`() throws {
        let golden = try #require(GoldenCase.all("resources-errors").first { $0.name.contains("pod-name") })
        let outcome = try load(golden)
        let component = try #require(outcome.resolved.failed.first)
        let reason = try #require(outcome.resolved.reason(of: component))
        let failure = ComponentFailure(component, .initialization, reason: reason)
        let texts = [failure.initText, "Fatal error from runtime: " + failure.processText].compactMap(\.self)
        #expect(texts == golden.exitTexts)
    }
}
