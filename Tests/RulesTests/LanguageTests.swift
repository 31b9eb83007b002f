import Events
import Testing

@testable import Rules

/// Expressions that are true, or fail with a message, whatever the event is.
@Suite struct LanguageTests {
    private let event = RuleEvent(JSONReader.tree(Golden.event))

    @Test(arguments: [
        // literals
        "0x1F == 31", "0xFFFFFFFFFFFFFFFFu == 18446744073709551615u", "-0x8000000000000000 == -9223372036854775808",
        ".5 == 0.5", "1e-3 == 0.001", "-1.5E+2 == -150.0", "1u == 1U", "--1 == 1", "!!true", "- 1 == -1", "1 - -1 == 2",
        "'a' == \"a\"", "'''a'b''' == \"a'b\"", "\"\"\"a\nb\"\"\" == 'a\\nb'", "r'\\n' == '\\\\n'",
        "R\"\"\"\\\"\"\" == '\\\\'",
        "'\\x41\\101\\u0041\\U00000041' == 'AAAA'", "'\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\\"\\`\\?'.size() == 12",
        "b'\\xff\\377' == b'\\xFF\\xff'", "b'ü'.size() == 2", "br'\\x41'.size() == 4", "bR\"a\" == B'a'",
        "\"\"\"a\r\nb\rc\"\"\" == 'a\\nb\\nc'", "'\\u00fc' == 'ü'", "size('😀') == 1", "size('\\U0001F600') == 1",
        "[1, 2,].size() == 2", "{'a': 1,}.a == 1", "[].size() + {}.size() == 0", "// nothing\ntrue // more",
        "{1: 'a', 1u: 'b', 'x': 'c'}.size() == 3", "{'a': 1, 'a': 2}.a == 2",
        // precedence
        "1 + 2 * 3 == 7", "(1 + 2) * 3 == 9", "10 - 2 - 3 == 5", "2 * 3 % 4 == 2", "1 < 2 == true", "-2 * -2 == 4",
        "true || false && false", "false ? false : true ? true : false", "1 in [1] == true", "!false && true",
        "1 + 1 == 2 && 2 in [2] || false",
        // equality and order
        "dyn(1) == 1.0", "dyn(1u) == 1", "dyn(1.5) != 1", "1 != 2", "dyn('a') != 1", "dyn(null) != 0", "null == null",
        "dyn(9007199254740993) != 9007199254740992.0 || true", "dyn(1) < 1.5", "dyn(-1) < 0u",
        "dyn(18446744073709551615u) > 1",
        "dyn(1.0) <= 1u", "0.0 == -0.0", "0.0 / 0.0 != 0.0 / 0.0", "1.0 / 0.0 > 1e308", "-1.0 / 0.0 < 0.0",
        "[1, 2u, 3.0] == [1.0, 2, 3u]", "[1] != [1, 2]", "[[1], [2]] == [[1], [2]]",
        "{'a': 1, 'b': 2.0} == {'b': 2, 'a': 1u}",
        "{1: 'a'} == dyn({1u: 'a'})", "{'a': 1} != {'b': 1}", "false < true", "b'a' < b'ab'", "'a' < 'b'", "'Z' < 'a'",
        "'\\u00e9' != 'e\\u0301'", "'\\ud7ff' < '\\U00010000'", "'\\uffff' < '\\U00010000'",
        "type(1) == int && type(1) != uint",
        "type(type(1)) == type", "type([]) == list && type({}) == map", "type(null) == null_type", "type(b'') == bytes",
        "type(timestamp(0)) == google.protobuf.Timestamp", "type(duration('1s')) == .google.protobuf.Duration",
        // arithmetic
        "7 / 2 == 3 && -7 / 2 == -3 && -7 % 2 == -1 && 7 % -2 == 1", "7u / 2u == 3u && 7u % 2u == 1u",
        "'a' + 'b' == 'ab'", "b'a' + b'b' == b'ab'", "[1] + [2] == [1, 2]", "9223372036854775807 - 1 > 0",
        // collections
        "1 in [1, 2] && !(3 in [1, 2])", "dyn(1.0) in [1]", "'a' in {'a': 1}", "dyn(1u) in {1: 'x'}", "[1, 2][1] == 2",
        "[1, 2][dyn(1.0)] == 2",
        "[1, 2][dyn(1u)] == 2", "{1: 'a'}[dyn(1.0)] == 'a'", "{true: 1}[true] == 1", "{'a': {'b': [5]}}.a.b[0] == 5",
        "has({'a': 1}.a) && !has({'a': 1}.b)", "event['data']['tags'][0] == 'a'",
        "event.data[event.data.tags[0] + '-b'] == 1",
        "!has(event.data.name.x)", "!has(event.data.none.x)", ".event.type == event.type",
        // macros
        "[1, 2].all(x, x > 0)", "[1, 2].exists(x, x == 2)", "[1, 2, 2].exists_one(x, x == 1)",
        "![1, 1].existsOne(x, x == 1)",
        "[1, 2, 3].filter(x, x > 1) == [2, 3]", "[1, 2].map(x, x * 2) == [2, 4]",
        "[1, 2, 3].map(x, x > 1, x * x) == [4, 9]",
        "{'a': 1}.all(k, k == 'a')", "[[1, 2], [3]].all(l, l.exists(x, x > 1))",
        "[1].all(x, [2].all(x, x == 2) && x == 1)",
        "[0, 1].exists(x, 1 / x == 1)", "![1, 0].all(x, 1 / x == 2)", "[1, 2].exists(event, event == 2)",
        "event.data.items.map(i, i.p).filter(p, p > 1.0) == [20]", "event.data.nested.map(k, k) == ['deep']",
        // logic
        "true || 1 / 0 == 1", "1 / 0 == 1 || true", "!(false && 1 / 0 == 1)", "!(1 / 0 == 1 && false)",
        "true ? true : 1 / 0 == 1",
        "nope || true", "!(nope && false)", "[1, 2].exists(x, nope) || true",
    ])
    func `an expression of the language holds`(expression: String) throws {
        #expect(try outcome(of: expression, on: event) == .matches)
    }

    @Test(arguments: [
        ("9223372036854775807 + 1 > 0", "integer overflow"), ("-9223372036854775808 - 1 < 0", "integer overflow"),
        ("9223372036854775807 * 2 > 0", "integer overflow"), ("-(-9223372036854775808) > 0", "integer overflow"),
        ("-9223372036854775808 / -1 > 0", "integer overflow"), ("-9223372036854775808 % -1 == 0", "integer overflow"),
        ("0u - 1u == 0u", "unsigned integer overflow"),
        ("18446744073709551615u + 1u == 0u", "unsigned integer overflow"),
        ("18446744073709551615u * 2u == 0u", "unsigned integer overflow"), ("1 % 0 == 1", "modulus by zero"),
        ("1u / 0u == 1u", "division by zero"), ("dyn(1) + 1.0 == 2.0", "no such overload"),
        ("dyn('a') - dyn(1) == 1", "no such overload"), ("dyn({}) + dyn({}) == {}", "no such overload: _+_"),
        ("dyn([]) < dyn([])", "no such overload: _<_"), ("dyn(0.0) / 0.0 < 1.0", "NaN values cannot be ordered"),
        ("-dyn('a') == 1", "no such overload"), ("-dyn(null) == 1", "no such overload: -_"),
        ("-dyn(1u) == 1", "no such overload: -_"),
        ("[1, 2][2] == 1", "index out of bounds: 2"), ("[1][dyn(0.5)] == 1", "unsupported index value 0.5 in list"),
        ("{'a': 1}['b'] == 1", "no such key: b"), ("{1: 1}[2] == 1", "no such key: 2"),
        ("event[1] == 1", "no such key: 1"),
        ("dyn(1)[0] == 1", "no such key: 0"),
        ("event[event.data.tags] == 1", "invalid qualifier type: *types.baseList"),
        ("event[[1]] == 1", "invalid qualifier type: *types.baseList"),
        ("event[timestamp(0)] == 1", "invalid qualifier type: types.Timestamp"),
        ("event[dyn(b'')] == 1", "invalid qualifier type: types.Bytes"),
        ("event[dyn(null)] == 1", "invalid qualifier type: types.Null"), ("1 in dyn(1)", "no such overload"),
        ("size(dyn(null)) == 0", "no such overload: size"), ("dyn(1).startsWith('a')", "no such overload"),
        ("dyn(1).matches('a')", "no such overload: matches"), ("dyn('a').matches(dyn(1))", "no such overload"),
        ("'a'.matches(event.data.tags[0] + '[')", "error parsing regexp: missing closing ]: `[`"),
        ("'a'.matches('*')", "error parsing regexp: missing argument to repetition operator: `*`"),
        ("{[1]: 1} == {}", "unsupported key type: list"), ("[1, 'a'].all(x, x)", "no such overload"),
        ("[true, dyn(1)].filter(x, x).size() == 1", "no such overload"),
        ("dyn(1).all(x, x)", "got 'types.Int', expected iterable type"),
        ("1 / 0 == 1 || nope", "division by zero"), ("nope && 1 / 0 == 1", "no such attribute(s): nope"),
        ("[1, 0].exists_one(x, 1 / x == 1)", "division by zero"), ("dyn(1) ? true : false", "no such overload"),
        ("'a' + 'b'", "the result of match expression 'a' + 'b' was not a boolean"),
    ])
    func `an expression of the language fails`(expression: String, message: String) throws {
        #expect(try outcome(of: expression, on: event) == .fails(message))
    }

    @Test func `a raw payload is a text`() throws {
        let event = RuleEvent(text: #"{"kind":"x"}"#)
        #expect(try outcome(of: "event.contains('kind')", on: event) == .matches)
        #expect(try outcome(of: "event.kind == 'x'", on: event) == .fails("no such key: kind"))
        #expect(try outcome(of: "has(event.kind)", on: event) == .doesNot)
    }

    @Test func `of two members with one name the last counts`() throws {
        let event = RuleEvent(JSONReader.tree(#"{"a": 1, "b": 2, "a": 3}"#))
        #expect(
            try outcome(of: "event.a == 3 && size(event) == 2 && dyn(event) == {'a': 3, 'b': 2}", on: event) == .matches
        )
    }

    @Test func `members that only look the same are different`() throws {
        let event = RuleEvent(JSONReader.tree("{\"e\u{301}\": 1, \"a\u{323}\u{301}\": 2, \"t\": \"a\u{301}\u{323}\"}"))
        #expect(try outcome(of: "event['\u{E9}'] == 1", on: event) == .fails("no such key: \u{E9}"))
        #expect(try outcome(of: "event['a\u{301}\u{323}'] == 2", on: event) == .fails("no such key: a\u{301}\u{323}"))
        #expect(try outcome(of: "event['a\u{323}\u{301}'] == 2", on: event) == .matches)
        #expect(try outcome(of: "event.t == 'a\u{323}\u{301}'", on: event) == .doesNot)
    }

    @Test(
        arguments: [
            ("1", 1), ("-0", 0), ("120.5", 120.5), ("-4.25", -4.25), ("0.1", 0.1),
            ("123456789012345", 123_456_789_012_345),
            ("9007199254740993", 9_007_199_254_740_992), ("1e3", 1000), ("1.5E-2", 0.015),
            ("3.141592653589793", 3.141592653589793),
            ("0.000000000000001", 1e-15), ("1e400", .infinity),
        ] as [(String, Double)])
    func `a number of the event is the nearest double`(literal: String, value: Double) {
        #expect(JSONNumber.double(literal) == value)
    }
}

@Suite struct NumberRuleTests {
    private static func event(_ numbers: [String: Int]) -> RuleEvent {
        RuleEvent(.object(numbers.map { JSONMember(name: $0.key, value: .number(String($0.value))) }))
    }

    @Test(arguments: [
        ("failures > 5", true), ("failures / total == 0", true), ("failures % 4 == 2", true),
        ("double(failures) / double(total) > 0.5", true), ("failures == total", false), ("true", true),
    ])
    func `a condition over numbers counts with whole numbers`(source: String, expected: Bool) throws {
        let rule = try Rule(source, numbers: ["failures", "total"])
        #expect(try rule.matches(Self.event(["failures": 6, "total": 9])) == expected)
    }

    @Test(arguments: ["event.failures > 1", "failure > 1", "failures + 1"])
    func `what it does not know, and what is no condition, is an error`(source: String) throws {
        let rule = try Rule(source, numbers: ["failures"])
        #expect(throws: RuleError.self) { try rule.matches(Self.event(["failures": 6])) }
    }
}
