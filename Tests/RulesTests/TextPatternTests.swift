import Testing

@testable import Rules

@Suite struct TextPatternTests {
    @Test(arguments: [
        ("/orders/[0-9]+", "/orders/{id}", "/orders/17/items", "/orders/{id}/items"),
        ("^o-(.)7$", "o-${1}x", "o-17", "o-1x"), ("^o-(.)7$", "o-$1x", "o-17", "o-"),
        ("(a)(b)", "${2}$1", "xabab", "xbaba"), ("a", "$$", "banana", "b$n$n$"),
        ("a", #"\1"#, "a", #"\1"#), ("a", "$name!", "a", "!"), ("nothing", "x", "text", "text"),
        ("", "-", "ab", "-a-b-"),
    ])
    func `every match is replaced as Go does`(pattern: String, replacement: String, text: String, result: String) throws
    {
        #expect(try TextPattern(pattern, replacement: replacement).replacing(in: text) == result)
    }

    @Test func `a pattern that does not compile is told, and a result that is too long is not made`() throws {
        #expect(throws: TextPattern.Mistake.self) { try TextPattern("[", replacement: "") }
        let long = String(repeating: "a", count: TextPattern.longestResult)
        #expect(try TextPattern("a", replacement: "bb").replacing(in: long) == long)
    }
}
