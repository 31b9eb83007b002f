import Testing

@testable import YAML

@Suite struct YAMLReaderTests {
    private func read(_ text: String, limits: YAMLLimits = YAMLLimits()) throws -> YAMLNode? {
        try YAMLReader.firstDocument(in: Array(text.utf8), limits: limits)
    }

    private func fault(_ text: String, limits: YAMLLimits = YAMLLimits()) -> YAMLError? {
        do throws(YAMLError) {
            _ = try YAMLReader.documents(in: Array(text.utf8), limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a mapping keeps order, places and styles`() throws {
        let node = try #require(try read("b: 'x'\na:\n  - 1\n  - \"y\"\n"))
        let entries = try #require(node.entries)
        #expect(entries.map { $0.key.scalar?.text } == ["b", "a"])
        #expect(node["b"]?.scalar?.style == .singleQuoted)
        #expect(node["a"]?.elements?.map(\.mark) == [Mark(line: 3, column: 5), Mark(line: 4, column: 5)])
        #expect(node["a"]?.elements?.last?.scalar?.style == .doubleQuoted)
    }

    @Test func `several documents are read in order, and the first alone when asked`() throws {
        let text = Array("a: 1\n---\nb: 2\n".utf8)
        #expect(try YAMLReader.documents(in: text).count == 2)
        #expect(try YAMLReader.firstDocument(in: text)?["a"] != nil)
        #expect(try YAMLReader.documents(in: []).isEmpty)
        #expect(try YAMLReader.documents(in: Array("# nothing\n".utf8)).isEmpty)
    }

    @Test func `the last of equal keys counts`() throws {
        #expect(try read("a: 1\na: 2\n")?["a"]?.scalar?.text == "2")
    }

    @Test func `an alias stands for what was anchored`() throws {
        let node = try #require(try read("a: &x [1, 2]\nb: *x\n"))
        #expect(node["b"]?.elements?.count == 2)
    }

    @Test func `merged entries give way to the mapping's own`() throws {
        let node = try #require(try read("base: &b {x: 1, y: 2}\nown:\n  y: 3\n  <<: *b\n"))
        #expect(node["own"]?["x"]?.scalar?.text == "1")
        #expect(node["own"]?["y"]?.scalar?.text == "3")
    }

    @Test func `of several merged mappings the first counts`() throws {
        let node = try #require(try read("a: &a {x: 1}\nb: &b {x: 2}\nown:\n  <<: [*a, *b]\n"))
        #expect(node["own"]?["x"]?.scalar?.text == "1")
    }

    @Test(arguments: [
        ("kind: [\n", "yaml: line 1: did not find expected node content"),
        ("apiVersion: a\nkind: b\nmetadata:\n  name: x\n spec: [\n", "yaml: line 4: did not find expected key"),
        ("apiVersion: a\nkind: b\nmetadata:\n\tname: x\n", "yaml: line 4: found character that cannot start any token"),
        ("a: *nope\n", "yaml: unknown anchor 'nope' referenced"),
        ("a: &a [*a]\n", "yaml: anchor 'a' value contains itself"),
    ])
    func `a fault is named as Go's package names it`(text: String, expected: String) {
        #expect(fault(text)?.goText == expected)
    }

    @Test func `a bomb of aliases ends at the bound on nodes`() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let inner = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(inner)]\n"
        }
        let error = try #require(fault(text))
        #expect(error.problem == "more than 50000 nodes, with aliases expanded")
        #expect(error.mark.line <= 6)
    }

    @Test func `a bomb of merges ends at the bound on nodes`() throws {
        var text = "a0: &a0 {k0: x, k1: x, k2: x, k3: x}\n"
        for level in 1...20 {
            text += "a\(level): &a\(level) {<<: [*a\(level - 1), *a\(level - 1), *a\(level - 1)]}\n"
        }
        #expect(fault(text)?.problem == "more than 50000 nodes, with aliases expanded")
    }

    @Test func `nesting ends at the bound on depth, however it is written`() throws {
        let limits = YAMLLimits(depth: 4)
        #expect(fault("[[[[]]]]", limits: limits) == nil)
        #expect(fault("[[[[[]]]]]", limits: limits)?.problem == "nested deeper than 4 levels")
        #expect(fault("a: &a [[]]\nb: [*a]\n", limits: limits) == nil)
        #expect(fault("a: &a [[[]]]\nb: [*a]\n", limits: limits)?.problem == "nested deeper than 4 levels")
        #expect(fault(String(repeating: "[", count: 500_000))?.problem == "nested deeper than 64 levels")
    }

    @Test func `a text beyond the bound on bytes is not looked at`() {
        #expect(fault("a: 12345\n", limits: YAMLLimits(bytes: 5))?.problem == "longer than 5 bytes")
    }

    @Test func `nodes of all documents count together`() {
        #expect(fault("a\n---\nb\n---\nc\n", limits: YAMLLimits(nodes: 2)) != nil)
        #expect(fault("a\n---\nb\n", limits: YAMLLimits(nodes: 2)) == nil)
    }
}
