import Bytes
import Events
import Testing

@Suite struct BulkPublishListTests {
    /// What was read, in one line per entry.
    private static func lines(_ text: String) throws(BulkPublishFault) -> [String] {
        let body = Array(text.utf8)
        return try BulkPublishList.read(body.rawSpan).map { entry in
            let event = entry.event.map { String(decoding: body[$0], as: UTF8.self) } ?? "-"
            let pairs = entry.metadata.map { $0.map { "\($0.key)=\($0.value)" }.joined(separator: ",") } ?? "-"
            return "\(entry.id)|\(event)|\(entry.contentType)|\(pairs)"
        }
    }

    static let lists: [(String, [String])] = [
        ("[]", []), (" [ ] ", []), ("null", []), ("[null]", ["|-||-"]), ("[{}]", ["|-||-"]),
        (
            #"[{"entryId":"1","event":{"a":[1, 2]},"contentType":"application/json"}]"#,
            [#"1|{"a":[1, 2]}|application/json|-"#]
        ),
        (
            #" [ {"event" : "x" , "entryId" : "1"} , {"entryId":"2","metadata":{"a":"b","c":null}} ] trailing"#,
            [#"1|"x"||-"#, "2|-||a=b,c="]
        ),
        (#"[{"ENTRYID":"1","Event":1,"contenttype":"text/plain"}]"#, ["1|1|text/plain|-"]),
        (#"[{"entr\u0079Id":"\u0031","event":1,"event":2,"more":[{}]}]"#, ["1|2||-"]),
        (#"[{"entryId":null,"event":null,"contentType":null,"metadata":null}]"#, ["|null||-"]),
        (#"[{"metadata":{}}]"#, ["|-||"]), (#"[{"metadata":{"a":"1"},"metadata":{"b":"2"}}]"#, ["|-||b=2"]),
    ]

    @Test(arguments: lists)
    func `entries are read as Go reads them`(_ body: String, _ expected: [String]) throws {
        #expect(try BulkPublishListTests.lines(body) == expected)
    }

    static let faults: [(String, BulkPublishFault)] = [
        ("", .syntax), ("  ", .syntax), ("[", .syntax), ("[{", .syntax), ("[{}", .syntax),
        ("[{},]", .syntax), ("[1 2]", .syntax), ("hello", .syntax), (#"[{"entryId":5},{]"#, .syntax),
        (#"[{"event":{"a":}}]"#, .syntax), ("[{}}", .syntax),
        ("{}", .wrongType(.object, at: .list)), ("1", .wrongType(.number, at: .list)),
        (#""x""#, .wrongType(.string, at: .list)), ("true", .wrongType(.bool, at: .list)),
        ("[1]", .wrongType(.number, at: .entry)), ("[[]]", .wrongType(.array, at: .entry)),
        (#"[{"entryId":5}]"#, .wrongType(.number, at: .entryID)),
        (#"[{"contentType":{}}]"#, .wrongType(.object, at: .contentType)),
        (#"[{"metadata":"x"}]"#, .wrongType(.string, at: .metadata)),
        (#"[{"metadata":{"a":1}}]"#, .wrongType(.number, at: .metadataValue)),
        (#"[{"entryId":true},{"metadata":"x"}]"#, .wrongType(.bool, at: .entryID)),
    ]

    @Test(arguments: faults)
    func `what is no list is refused with its first fault`(_ body: String, _ fault: BulkPublishFault) {
        #expect(throws: fault) { try BulkPublishListTests.lines(body) }
    }

    @Test func `whatever is changed in a body, the list and the scanner judge it alike`() {
        let sample = Array(
            #"[{"entryId":"1","event":{"a":[1,"x"]},"contentType":"text/plain","metadata":{"k":"v"}},null,{}] x"#.utf8)
        let bytes = Array(#"{}[]",:\u0019ntex -."#.utf8)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var body = sample
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: body[index] = bytes.randomElement(using: &random) ?? 0
                case 1: body.remove(at: index)
                default: body.insert(bytes.randomElement(using: &random) ?? 0, at: index)
                }
            }
            let text = String(decoding: body, as: UTF8.self)
            let first = JSONScanner.firstValue(in: body.rawSpan)
            do {
                let entries = try BulkPublishList.read(body.rawSpan)
                #expect(first != nil, "\(text)")
                for case let event? in entries.map(\.event) {
                    let value = JSONScanner.onlyValue(in: body.rawSpan.extracting(event))
                    #expect(value?.range.count == event.count, "\(text)")
                }
            } catch {
                #expect((error == .syntax) == (first == nil), "\(text)")
            }
        }
    }

    @Test func `entries and their pairs are bounded`() throws {
        func list(_ count: Int) -> String { "[" + String(repeating: "{},", count: count - 1) + "{}]" }
        #expect(try BulkPublishListTests.lines(list(BulkPublishList.maximumEntries)).count == 16_384)
        #expect(throws: BulkPublishFault.tooManyEntries) {
            try BulkPublishListTests.lines(list(BulkPublishList.maximumEntries + 1))
        }
        func pairs(_ count: Int) -> String {
            #"[{"metadata":{"# + (0..<count).map { "\"k\($0)\":\"\"" }.joined(separator: ",") + "}}]"
        }
        #expect(try BulkPublishListTests.lines(pairs(128)).count == 1)
        #expect(throws: BulkPublishFault.tooManyPairs) { try BulkPublishListTests.lines(pairs(129)) }
    }

    @Test(
        arguments: [
            ("[]", []), ("[1, \"a\" ,{}]", ["1", "\"a\"", "{}"]), ("[1,]", nil), ("[1 2]", nil), ("[,1]", nil),
            ("[", nil),
        ] as [(String, [String]?)])
    func `elements of an array are found one by one`(_ text: String, _ expected: [String]?) {
        let bytes = Array(text.utf8)
        guard var elements = JSONElements(bytes.rawSpan) else {
            Issue.record("it is an array")
            return
        }
        var found: [String] = []
        while let range = elements.next() { found.append(String(decoding: bytes[range], as: UTF8.self)) }
        #expect((elements.isComplete ? found : nil) == expected)
    }
}
