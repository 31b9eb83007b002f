import Testing

@testable import YAML

@Suite struct YAMLValueTests {
    private func value(_ text: String, _ schema: YAMLSchema = .resources) throws -> YAMLValue? {
        try YAMLReader.firstDocument(in: Array("a: \(text)\n".utf8))?["a"]?.scalar?.value(schema)
    }

    @Test(arguments: [
        ("", YAMLValue.null), ("~", .null), ("null", .null), ("NULL", .null), ("nULL", .text("nULL")),
        ("true", .bool(true)), ("True", .bool(true)), ("tRUE", .text("tRUE")), ("yes", .bool(true)),
        ("Off", .bool(false)),
        ("y", .bool(true)), ("N", .bool(false)), ("'yes'", .text("yes")), ("\"true\"", .text("true")),
        ("5", .integer(5)), ("-5", .integer(-5)), ("+5", .integer(5)), ("0x1F", .integer(31)), ("010", .integer(8)),
        ("0o17", .integer(15)), ("0b101", .integer(5)), ("1_000", .integer(1000)), ("089", .float(89)),
        ("18446744073709551615", .unsigned(.max)), ("1.50", .float(1.5)), (".5", .float(0.5)), ("0.5", .float(0.5)),
        ("-0.25", .float(-0.25)),
        ("0e3", .float(0)), ("1e3", .float(1000)),
        ("1.", .float(1)), ("1.2.3", .text("1.2.3")), ("1e", .text("1e")), ("0x", .text("0x")),
        ("0x1p3", .text("0x1p3")), (".inf", .float(.infinity)), ("inf", .text("inf")), ("1m30s", .text("1m30s")),
        ("2001-12-14", .text("2001-12-14")), ("!!str 5", .text("5")), ("!!float 5", .float(5)),
        ("127.0.0.1", .text("127.0.0.1")),
        ("+-5", .text("+-5")), ("0x-5", .text("0x-5")),
    ])
    func `a scalar has the meaning that resources give it`(text: String, expected: YAMLValue) throws {
        #expect(try value(text) == expected)
    }

    @Test(arguments: [("yes", YAMLValue.text("yes")), ("on", .text("on")), ("true", .bool(true)), ("5", .integer(5))])
    func `configuration files know fewer truths`(text: String, expected: YAMLValue) throws {
        #expect(try value(text, .configuration) == expected)
    }

    @Test(arguments: [
        (1.5, "1.5"), (100, "100"), (1e20, "100000000000000000000"), (1e21, "1e+21"), (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-0.25, "-0.25"), (0, "0"), (123456789.125, "123456789.125"),
    ])
    func `floats are written as Go's JSON writes them`(number: Double, expected: String) {
        #expect(GoNumber.json(number) == expected)
    }

    @Test(arguments: [(1.1, "1.1"), (1e6, "1e+06"), (100000, "100000"), (0.0001, "0.0001"), (0.00001, "1e-05")])
    func `floats become the text of a text field as in Go`(number: Double, expected: String) {
        #expect(GoNumber.general32(number) == expected)
        #expect(GoNumber.general(number) == expected)
    }
}
