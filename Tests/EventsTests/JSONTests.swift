import Bytes
import Testing

@testable import Events

@Suite struct `JSON texts` {
    static let valid = [
        "null", "true", "false", "0", "-0", "1", "-1", "10", "1.5", "1e3", "1E+3", "1e-3", "0.0", "0e0",
        "12345678901234567890123", #""""#, #""a""#,
        #""\"\\\/\b\f\n\r\t\u00e4\uD83D\uDE00""#, #""grüße 😀""#, "\"\u{7F}\"", "[]", "[ ]", "[1]", "[1,2]", "[[],{}]",
        "{}", "{ }", #"{"a":1}"#,
        #"{"a":{"b":[1,{"c":null}]},"d":"e"}"#, " \t\r\n1 \t\r\n", #"{ "a" : [ 1 , 2 ] , "b" : "c" }"#, #"{"":""}"#,
        #"{"a":1,"a":2}"#, #""\ud83d""#, #""\ude00\ud83d""#,
        "[[[[[[[[[[[[]]]]]]]]]]]]", #"["long enough to pass the eight bytes at a time loop, twice and more"]"#,
    ]
    static let invalid = [
        "", " ", "nul", "nullx", "True", "tru", "01", "-", "-a", "1.", ".5", "1.e3", "1e", "1e+", "+1", "0x10", "NaN",
        "Infinity", "\"", "\"a", #""\"#, #""\x""#, #""\u12""#,
        #""\u12g4""#, "\"\n\"", "\"\u{0}\"", "\"a\u{1F}\"", "'a'", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]",
        "[1}", "{", "}", "{]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{,"a":1}"#,
        #"{"a" 1}"#, #"{"a":1 "b":2}"#, "{a:1}", "{1:1}", "1 2", "{} {}", "[]]", "\u{FEFF}1", "//x\n1", "1,", "\u{A0}1",
        #"{"a":1]"#, "[\"a\"", "\u{B}1",
    ]

    @Test(arguments: valid) func `are accepted by scanner and tree`(_ text: String) {
        #expect(JSONScanner.onlyValue(in: Array(text.utf8).rawSpan) != nil)
        #expect(JSONScanner.firstValue(in: Array(text.utf8).rawSpan) != nil)
        #expect(parsed(text) != nil)
    }

    @Test(arguments: invalid) func `are refused by scanner and tree`(_ text: String) {
        #expect(JSONScanner.onlyValue(in: Array(text.utf8).rawSpan) == nil)
        #expect(parsed(text) == nil)
    }

    @Test(arguments: valid + invalid) func `are judged alike as first values and members`(_ text: String) {
        let first = try? JSONValue.parseFirst(Array(text.utf8).rawSpan)
        #expect((JSONScanner.firstValue(in: Array(text.utf8).rawSpan) != nil) == (first != nil))
        let object = "{\"x\":\(text)}"
        #expect((JSONScanner.onlyValue(in: Array(object.utf8).rawSpan) != nil) == (parsed(object) != nil))
        #expect((EventView(Array(object.utf8)) != nil) == (parsed(object) != nil))
    }

    @Test func `every cut of a text is refused or a shorter value`() {
        let text = Array(#"{"a":[1.5e3,true,null,"grüße \u00e4 and more than eight bytes"],"b":{"c":false}}"#.utf8)
        for end in 0..<text.count {
            let cut = Array(text[..<end])
            #expect(JSONScanner.firstValue(in: cut.rawSpan) == nil)
            #expect((try? JSONValue.parse(cut)) == nil)
        }
    }

    @Test func `every byte at every place of a string is judged alike`() {
        for length in [1, 7, 8, 9, 20] {
            for place in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var text = [UInt8](repeating: 0x61, count: length + 2)
                    text[0] = 0x22
                    text[length + 1] = 0x22
                    text[place + 1] = byte
                    let scan = JSONScanner.onlyValue(in: text.rawSpan)
                    #expect((scan != nil) == ((try? JSONValue.parse(text)) != nil))
                    #expect((scan?.needsRepair ?? false) == (byte >= 0x80))
                }
            }
        }
    }

    @Test func `the first value ends where Go's decoder ends`() {
        for (text, end) in [
            (#" {"a":1} {"b":2}"#, 8), ("12abc", 2), ("1 x", 1), ("truex", 4), (#""a"b"#, 3), ("01", 1), ("[]]", 2),
        ] {
            #expect(JSONScanner.firstValue(in: Array(text.utf8).rawSpan)?.range.upperBound == end)
        }
    }

    @Test func `nesting is bounded for both`() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
            let step = open.first == "[" && open.count > 1 ? 2 : 1
            let most = JSONScanner.maximumDepth / step
            for (levels, isFine) in [(most, true), (most + 1, false)] {
                let text = String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels)
                #expect((JSONScanner.onlyValue(in: Array(text.utf8).rawSpan) != nil) == isFine)
                #expect((parsed(text) != nil) == isFine)
                let view = EventView(Array("{\"x\":\(text)}".utf8))
                #expect((view != nil) == (levels * step < JSONScanner.maximumDepth))
            }
        }
    }

    @Test func `values are bounded`() {
        let text = "[" + String(repeating: "0,", count: JSONValue.maximumNodes - 2) + "0]"
        #expect(parsed(text) != nil)
        let more = "[0," + text.dropFirst()
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(Array(more.utf8)) }
    }

    @Test(arguments: [
        ("", JSONSyntaxError(reason: .unexpectedEnd, offset: 0)),
        ("{\"a\":x}", JSONSyntaxError(reason: .unexpectedByte, offset: 5)),
        ("[1 2]", JSONSyntaxError(reason: .unexpectedByte, offset: 3)),
        ("1 2", JSONSyntaxError(reason: .unexpectedByte, offset: 2)),
        ("\"abc", JSONSyntaxError(reason: .unexpectedEnd, offset: 4)),
        ("hello", JSONSyntaxError(reason: .unexpectedByte, offset: 0)),
        ("tru", JSONSyntaxError(reason: .unexpectedEnd, offset: 3)),
        ("[fals", JSONSyntaxError(reason: .unexpectedEnd, offset: 5)),
        ("[nulx]", JSONSyntaxError(reason: .unexpectedByte, offset: 1)),
        ("-", JSONSyntaxError(reason: .unexpectedEnd, offset: 1)),
        ("[1.", JSONSyntaxError(reason: .unexpectedEnd, offset: 3)),
        ("1.x", JSONSyntaxError(reason: .unexpectedByte, offset: 0)),
    ])
    func `errors tell where`(_ text: String, _ error: JSONSyntaxError) {
        #expect(throws: error) { try JSONValue.parse(Array(text.utf8)) }
        #expect("\(error)".contains("JSON"))
    }
}

@Suite struct `JSON strings` {
    @Test(arguments: [
        (#"plain"#, "plain"), (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"), (#"gr\u00fc\u00DFe"#, "grüße"),
        (#"\ud83d\ude00"#, "😀"), (#"\ud83d"#, "\u{FFFD}"),
        (#"\ude00"#, "\u{FFFD}"), (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀"), (#"\ud83dx"#, "\u{FFFD}x"), (#"\u0000"#, "\0"),
        (#"\u20ac"#, "€"), (#"\uffff"#, "\u{FFFF}"),
        (#"\ud83d\n"#, "\u{FFFD}\n"),
    ])
    func `are decoded and repaired as Go does`(_ content: String, _ text: String) {
        #expect(JSONText.text(Array(content.utf8).rawSpan) == text)
        let json = "\"\(content)\""
        let scan = JSONScanner.onlyValue(in: Array(json.utf8).rawSpan)
        #expect(scan?.needsRepair == text.unicodeScalars.contains("\u{FFFD}"))
        let repaired = JSONRepair.repaired(Array(json.utf8).rawSpan)
        #expect((try? JSONValue.parse(repaired))?.text == text)
        #expect(JSONScanner.onlyValue(in: repaired.rawSpan)?.needsRepair == false)
    }

    @Test(arguments: [
        ("a<b>&c", #""a\u003cb\u003e\u0026c""#), ("\"\\/", #""\"\\/""#),
        ("\u{0}\u{1F}\u{7F}", "\"\\u0000\\u001f\u{7F}\""), ("\u{8}\u{C}\n\r\t", #""\b\f\n\r\t""#),
        ("\u{2028}\u{2029}\u{2027}\u{202A}", "\"\\u2028\\u2029\u{2027}\u{202A}\""), ("grüße 😀", "\"grüße 😀\""),
        ("", "\"\""), ("$%'()*+,-./09:;=?@AZ[]^_`az{|}~", "\"$%'()*+,-./09:;=?@AZ[]^_`az{|}~\""),
    ])
    func `are written as Go does`(_ text: String, _ json: String) {
        for prefix in 0..<9 {
            let padded = String(repeating: "x", count: prefix) + text + "yyyyyyyyy"
            var output: [UInt8] = []
            JSONWriter.appendString(padded, to: &output)
            let expected = "\"" + String(repeating: "x", count: prefix) + json.dropFirst().dropLast() + "yyyyyyyyy\""
            #expect(string(output) == expected)
            #expect(JSONWriter.escapedLength(Array(padded.utf8).rawSpan) == output.count - 2)
            let written = [UInt8](capacity: output.count) {
                JSONWriter.writeEscaped(Array(padded.utf8).rawSpan, to: &$0)
            }
            #expect(Array(output.dropFirst().dropLast()) == written)
        }
    }

    @Test func `every byte survives writing and reading`() {
        for byte in UInt8.min...UInt8.max {
            for length in 1..<10 {
                for place in 0..<length {
                    var bytes = [UInt8](repeating: 0x61, count: length)
                    bytes[place] = byte
                    var output: [UInt8] = []
                    JSONWriter.appendString(bytes.rawSpan, to: &output)
                    #expect((try? JSONValue.parse(output))?.text == String(utf8Repaired: bytes.rawSpan))
                }
            }
        }
    }
}

@Suite struct `JSON trees` {
    @Test func `literals and order stay`() {
        let text = #"{"b":1.50,"a":[-0,1e3,"x",null,true,false,{}],"b":2}"#
        #expect(parsed(text).map { string($0.bytes) } == text)
        #expect(canonical(Array(text.utf8)) == #"{"a":[-0,1e3,"x",null,true,false,{}],"b":2}"#)
    }

    @Test func `members are looked up as Go does`() {
        let value = parsed(#"{"Status":"x","status":"y","STATUS":"z"}"#)
        #expect(value?["status"]?.text == "y")
        #expect(value?[ignoringCase: "status"]?.text == "z")
        #expect(value?[ignoringCase: "state"] == nil)
        #expect(parsed("[]")?[ignoringCase: "status"] == nil)
    }
}

@Suite struct `JSON members` {
    @Test func `are found with their ranges`() {
        let text = #"  { "a" : 1 , "\u0062":{"x":[1,2]}, "c":"d" } tail"#
        let bytes = Array(text.utf8)
        var found: [String] = []
        guard var members = JSONMembers(bytes.rawSpan) else {
            Issue.record("no object")
            return
        }
        while let member = members.next() {
            let name = JSONText.text(bytes.rawSpan.extracting(member.name))
            found.append(name + "=" + string(Array(bytes[member.value])) + (member.isEscaped ? "!" : ""))
        }
        #expect(members.isComplete == true)
        #expect(found == ["a=1", #"b={"x":[1,2]}!"#, #"c="d""#])
        #expect(members.extent.range == 2..<45)
        let isAtEnd = members.isAtEnd()
        #expect(isAtEnd == false)
    }

    @Test func `the last of a name counts`() {
        let text = #"{"a":1,"b":2,"\u0061":3}"#
        #expect(JSONMembers.value(named: "a", in: Array(text.utf8).rawSpan) == 22..<23)
        #expect(JSONMembers.value(named: "c", in: Array(text.utf8).rawSpan) == nil)
        #expect(JSONMembers.value(named: "a", in: Array("[]".utf8).rawSpan) == nil)
        #expect(JSONMembers.value(named: "a", in: Array(#"{"a":1,}"#.utf8).rawSpan) == nil)
    }
}
