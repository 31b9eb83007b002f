import Bytes
import Testing

@testable import Events

/// Of members with one name the last counts, at any depth, and everything else stays byte for byte.
struct RepeatedMembersTests {
    private static func isSuspicious(_ json: String) -> Bool {
        var watch = RepetitionWatch(WordBlock(bits: RepetitionWatch.blockBits))
        _ = JSONScanner.firstValue(in: Array(json.utf8).rawSpan, watch: &watch)
        return watch.isSuspicious
    }

    private static func removed(_ json: String) -> String? {
        RepeatedMembers.removed(from: Array(json.utf8).rawSpan).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        (#"{"a":1,"a":2}"#, #"{"a":2}"#), (#"{"a":1,"b":0,"a":2}"#, #"{"b":0,"a":2}"#),
        (#"{"a":1,"a":2,"a":3}"#, #"{"a":3}"#), (#"{"a" : [1, 2] , "a":2}"#, #"{"a":2}"#),
        (#"{"b":{"a":1,"a":2}}"#, #"{"b":{"a":2}}"#), (#"[{"a":1,"a":2},{"a":3}]"#, #"[{"a":2},{"a":3}]"#),
        (#"{"a":{"x":1,"x":2},"a":{"x":3,"x":4}}"#, #"{"a":{"x":4}}"#),
        (#"{"a":1,"\u0061":2}"#, #"{"\u0061":2}"#), (#"{"":1,"":2}"#, #"{"":2}"#), (#"{"é":1,"é":2}"#, #"{"é":2}"#),
        (#"{"a":{"k":1},"b":{"k":1},"k":1,"a":0}"#, #"{"b":{"k":1},"k":1,"a":0}"#),
        (
            #"{"a long name, longer than a word":1,"a long name, longer than a word":2}"#,
            #"{"a long name, longer than a word":2}"#
        ),
        (#"{"eightby8":1,"x":[[{"y":1}]],"eightby8":2}"#, #"{"x":[[{"y":1}]],"eightby8":2}"#),
    ])
    func `the last of several members with one name stays`(json: String, kept: String) {
        #expect(Self.isSuspicious(json))
        #expect(Self.removed(json) == kept)
    }

    @Test(arguments: [
        "1", "[]", "{}", #"{"a":1}"#, #"{"a":{"a":{"a":1}}}"#, #"[{"a":1},{"a":1}]"#, #"{"A":1,"a":2}"#,
        #"{"a":{"k":1},"b":{"k":1},"k":1}"#, #"{"a":[],"b":{},"c":{},"d":[{}]}"#, "{\"\u{E9}\":1,\"e\u{301}\":2}",
        #"{"abcdefgh":1,"abcdefg":2,"abcdefghi":3,"":4}"#,
    ])
    func `different names are no members with one name`(json: String) {
        #expect(!Self.isSuspicious(json))
        #expect(Self.removed(json) == nil)
    }

    @Test func `many names, more than a filter tells apart, are not suspected`() {
        let names = (0..<RepetitionWatch.namesMaximum).map { #""sensor.\#($0).value":\#($0)"# }
        let text = "{" + names.joined(separator: ",") + "}"
        #expect(!Self.isSuspicious(text))
        #expect(!Self.isSuspicious("[" + Array(repeating: text, count: 20).joined(separator: ",") + "]"))
    }

    @Test func `what is too much to watch is suspected, and looked at exactly`() {
        let names = (0...RepetitionWatch.namesMaximum).map { #""n\#($0)":0"# }
        let wide = "{" + names.joined(separator: ",") + "}"
        #expect(Self.isSuspicious(wide) && Self.removed(wide) == nil)
        let inner = "{" + names.dropLast().joined(separator: ",")
        let deep = String(repeating: inner + #","in":"#, count: 20) + "1" + String(repeating: "}", count: 20)
        #expect(Self.isSuspicious(deep) && Self.removed(deep) == nil)
        let repeated = deep.replacing(#","in":1"#, with: #","in":1,"in":2"#)
        #expect(Self.removed(repeated) == deep.replacing(#","in":1"#, with: #","in":2"#))
    }

    @Test func `an object as deep as can be is watched to its end`() {
        let depth = JSONScanner.maximumDepth - 1
        func text(_ inner: String) -> String {
            String(repeating: #"{"a":"#, count: depth) + inner + String(repeating: "}", count: depth)
        }
        #expect(!Self.isSuspicious(text(#"{"a":1}"#)))
        #expect(Self.removed(text(#"{"a":1,"a":2}"#)) == text(#"{"a":2}"#))
    }

    @Test func `texts made at random are suspected where a member is repeated`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let text = Self.value(depth: 0, &random)
            let tree = try JSONValue.parse(Array(text.utf8))
            let removed = Self.removed(text)
            #expect((removed != nil) == (tree != Self.lastOnly(tree)), "\(text)")
            if removed != nil { #expect(Self.isSuspicious(text), "\(text)") }
            let kept = try JSONValue.parse(Array((removed ?? text).utf8))
            #expect(Self.sorted(kept) == Self.sorted(Self.lastOnly(tree)), "\(text)")
        }
    }

    /// A value whose objects have few names to choose from.
    private static func value(depth: Int, _ random: inout SystemRandomNumberGenerator) -> String {
        switch Int.random(in: 0..<(depth > 3 ? 2 : 4), using: &random) {
        case 0: return "\(Int.random(in: 0..<10, using: &random))"
        case 1: return #""t""#
        case 2:
            let parts = (0..<Int.random(in: 0..<3, using: &random)).map { _ in value(depth: depth + 1, &random) }
            return "[" + parts.joined(separator: ", ") + "]"
        default:
            let names = ["a", "b", "abcdefghijkl", "abcdefgh", #"\u0061"#, "é"]
            let parts = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                "\"" + (names.randomElement(using: &random) ?? "a") + "\": " + value(depth: depth + 1, &random)
            }
            return "{" + parts.joined(separator: " ,") + "}"
        }
    }

    private static func lastOnly(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map { lastOnly($0) })
        case .object(let members):
            let kept = members.indices.filter { index in
                !members[(index + 1)...].contains { $0.name == members[index].name }
            }
            return .object(kept.map { JSONMember(name: members[$0].name, value: lastOnly(members[$0].value)) })
        default: return value
        }
    }

    private static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map { sorted($0) })
        case .object(let members):
            .object(
                members.sorted { $0.name < $1.name }.map { JSONMember(name: $0.name, value: sorted($0.value)) })
        default: value
        }
    }
}
