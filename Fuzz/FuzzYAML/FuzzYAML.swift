import FuzzDriver
import Messaging
import Resources
import YAML

@main
struct Main {
    static func main() { martlet_fuzz_main(CommandLine.argc, CommandLine.unsafeArgv) }
}

/// Feeds bytes as YAML, as a file of a resource directory, as a configuration file and as an app's list of subscriptions.
///
/// What must hold: nothing traps; a tree keeps the limits; a finding is one line; what is loaded can be resolved and decoded.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzYAML(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    let limits = YAMLLimits(bytes: 1 << 16, depth: 16, nodes: 500)
    if let documents = try? YAMLReader.documents(in: bytes, limits: limits) {
        let sizes = documents.map { size(of: $0) }
        precondition(sizes.reduce(0) { $0 + $1.nodes } <= limits.nodes, "more nodes than the limit")
        precondition(sizes.allSatisfy { $0.depth <= limits.depth }, "deeper than the limit")
    }
    let environment = ["NAMESPACE": "ns", "A": "a", "DAPR_API_TOKEN": "hidden-token"]
    let context = ResourceContext(appID: "app", environment: environment)
    let loaded = ResourceLoader.read(bytes, file: "f.yaml", context: context)
    check(loaded.findings)
    // A store of secrets would read files that the input names.
    let components = loaded.components.filter { $0.lookupType != "secretstores.local.file" }
    let resolved = ValueResolver.resolve(components, context: context)
    check(resolved.findings)
    for component in resolved.components {
        check(SettingsDecoder.settings(for: component, kind: fields).findings)
        _ = TopicScopes(component, appID: "app").mayPublish(to: "a")
        precondition(!component.properties.contains { $0.value == "hidden-token" }, "a token was read")
    }
    check(ConfigurationLoader.read(bytes, file: "c.yaml", environment: environment).findings)
    if let list = try? ProgrammaticSubscriptions.parse(body: bytes) {
        check(list.findings)
        precondition(list.subscriptions.allSatisfy { !$0.effectiveRules.isEmpty }, "a subscription without rules")
    }
    return 0
}

private let fields = [
    Field("host", .text, required: true, "Text."),
    Field("number", .integer(-5...5), default: "0", "A number."),
    Field("time", .duration(bareUnit: .seconds(1)), default: "5s", aliases: ["after"], "A duration."),
    Field("size", .quantity, default: "1Ki", "A size."),
    Field("on", .bool, secret: true, "A truth."),
    Field("word", .choice(["one", "two"]), refusal: "it is refused", "A word."),
]

private func size(of node: YAMLNode) -> (nodes: Int, depth: Int) {
    var children: [YAMLNode] = []
    switch node.content {
    case .scalar(let scalar):
        _ = (scalar.value(.resources), scalar.value(.configuration))
        return (1, 0)
    case .sequence(let elements): children = elements
    case .mapping(let entries): children = entries.flatMap { [$0.key, $0.value] }
    }
    let sizes = children.map { size(of: $0) }
    return (sizes.reduce(1) { $0 + $1.nodes }, 1 + (sizes.map(\.depth).max() ?? 0))
}

private func check(_ findings: [Finding]) {
    for finding in findings {
        precondition(!finding.message.utf8.contains(0x0A), "a finding of several lines")
        precondition(!finding.message.isEmpty, "a finding without a message")
    }
}
