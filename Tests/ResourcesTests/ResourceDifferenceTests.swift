import Resources
import Testing

/// One line of the table: keys with values such as `a1 b2`, before and after.
struct DifferenceCase: CustomTestStringConvertible {
    var old: String
    var new: String
    var added = ""
    var changed = ""
    var removed = ""
    var untouched = ""

    var testDescription: String { "\(old) → \(new)" }
}

@Suite struct ResourceDifferenceTests {
    @Test(arguments: [
        DifferenceCase(old: "", new: ""),
        DifferenceCase(old: "", new: "a1 b1", added: "a b"),
        DifferenceCase(old: "a1 b1", new: "", removed: "a b"),
        DifferenceCase(old: "a1 b1", new: "a1 b1", untouched: "a b"),
        DifferenceCase(old: "a1 b1", new: "b1 a1", untouched: "b a"),
        DifferenceCase(old: "a1 b1 c1", new: "a1 b2 d1", added: "d", changed: "b", removed: "c", untouched: "a"),
        DifferenceCase(old: "a1", new: "b1", added: "b", removed: "a"),
        // Of several with one key the first counts, before and after.
        DifferenceCase(old: "a1 a2", new: "a1 a3", untouched: "a"),
        DifferenceCase(old: "a2 a1", new: "a1 a2", changed: "a"),
        DifferenceCase(old: "a1 a1", new: "", removed: "a"),
    ])
    func `added, changed, removed and untouched`(_ line: DifferenceCase) {
        func entries(_ text: String) -> [(key: String, value: String)] {
            text.split(separator: " ").map { (String($0.prefix(1)), String($0.dropFirst())) }
        }
        func keys(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
        let difference = ResourceDifference(old: entries(line.old), new: entries(line.new), isSame: ==)
        #expect(difference.added == keys(line.added))
        #expect(difference.changed == keys(line.changed))
        #expect(difference.removed == keys(line.removed))
        #expect(difference.untouched == keys(line.untouched))
        #expect(difference.isEmpty == (line.added + line.changed + line.removed).isEmpty)
    }

    private static let context = ResourceContext(appID: "orders", environment: ["HOST": "one"])

    private static func resolve(_ text: String, _ context: ResourceContext = context) throws -> ResolvedComponent {
        let loaded = ResourceLoader.read(Array(text.utf8), file: "p.yaml", context: context)
        return try #require(ValueResolver.resolve(loaded.components, context: context).components.first)
    }

    private static func text(type: String = "pubsub.redis", items: String, more: String = "") -> String {
        """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: {name: p}
        spec:
          type: \(type)
          version: v1
          metadata: [\(items)]
        \(more)
        """
    }

    @Test(arguments: [
        (text(items: "{name: a, value: \"1\"}"), true),
        ("\n\n# moved\n" + text(items: "{name: a, value: 1}"), true),
        (text(items: "{name: a, value: \"2\"}"), false),
        (text(items: "{name: b, value: \"1\"}"), false),
        (text(items: "{name: a, value: \"1\"}, {name: b, value: \"1\"}"), false),
        (text(type: "pubsub.embedded", items: "{name: a, value: \"1\"}"), false),
        (text(items: "{name: a, value: \"1\"}", more: "scopes: [orders]"), false),
    ])
    func `a component is the same where it would be made in the same way`(_ other: (text: String, isSame: Bool)) throws
    {
        let one = try Self.resolve(Self.text(items: "{name: a, value: \"1\"}"))
        #expect(try one.isSame(as: Self.resolve(other.text)) == other.isSame)
    }

    @Test func `a new id for a template is no change, another variable is one`() throws {
        let random = Self.text(items: "{name: a, value: \"x-{uuid}\"}")
        let (one, two) = (try Self.resolve(random), try Self.resolve(random))
        #expect(one != two)
        #expect(one.isSame(as: two))
        #expect(try !one.isSame(as: Self.resolve(Self.text(items: "{name: a, value: \"y-{uuid}\"}"))))
        let variable = Self.text(items: "{name: a, envRef: HOST}")
        let elsewhere = ResourceContext(appID: "orders", environment: ["HOST": "two"])
        #expect(try !Self.resolve(variable).isSame(as: Self.resolve(variable, elsewhere)))
    }

    @Test func `a broken file keeps giving what it gave, in its place`() {
        func component(_ name: String, _ value: Int) -> String {
            "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: \(name)}\n"
                + "spec: {type: pubsub.in-memory, version: v1, metadata: [{name: k, value: \(value)}]}\n"
        }
        func files(_ texts: [(String, String)]) -> ResourceFiles {
            var files = ResourceFiles()
            files.files = texts.map { ResourceFiles.File(path: $0.0, content: .success(Array($0.1.utf8))) }
            return files
        }
        func load(
            _ texts: [(String, String)], former: LoadedResources?, distrusted: Set<String> = []
        ) -> LoadedResources {
            ResourceLoader.load(files(texts), context: Self.context, former: former, distrusted: distrusted)
        }
        let first = load(
            [("a", component("a", 1) + "---\n" + component("b", 1)), ("c", component("c", 1))], former: nil)
        // The first document reads well and is another one now: the file counts as a whole.
        let second = load([("a", component("a", 2) + "---\nkind: ["), ("c", component("c", 2))], former: first)
        #expect(second.brokenFiles == ["a"])
        #expect(second.components.map(\.name) == ["a", "b", "c"])
        #expect(second.components.map { $0.items[0].value } == ["1", "1", "2"])
        let third = load([("c", component("c", 3))], former: second, distrusted: ["c"])
        #expect(third.components.map(\.name) == ["c"])
        #expect(third.components.map { $0.items[0].value } == ["2"])
        // Without a former word a broken file gives what can be read of it, as at the start.
        #expect(load([("a", component("a", 2) + "---\nkind: [")], former: nil).components.map(\.name) == ["a"])
    }
}
