import Testing

@testable import RedisClient

@Suite struct RedisReplyReaderTests {
    static let replies: [(String, RedisReply)] = [
        ("+OK\r\n", .status("OK")),
        ("-ERR no\r\n", .error(RedisServerError("ERR no"))),
        (":-7\r\n", .integer(-7)),
        ("$5\r\na\r\nb\0\r\n", .bulk([0x61, 0x0D, 0x0A, 0x62, 0])),
        ("$0\r\n\r\n", .bulk([])),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("*0\r\n", .array([])),
        ("*2\r\n*0\r\n:1\r\n", .array([.array([]), .integer(1)])),
        (
            "*3\r\n$1\r\na\r\n*1\r\n*2\r\n:1\r\n$-1\r\n+x\r\n",
            .array([.bulk([0x61]), .array([.array([.integer(1), .null])]), .status("x")])
        ),
        ("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", .array([.array([.array([.array([.array([.integer(1)])])])])])),
    ]

    @Test(arguments: replies)
    func `a reply is read whole, byte by byte, and twice in one piece`(text: String, expected: RedisReply) throws {
        let whole = RedisReplyReader()
        try whole.feed(Array((text + text).utf8).span.bytes)
        #expect(try whole.next() == expected)
        #expect(try whole.next() == expected)
        #expect(try whole.next() == nil)
        let pieces = RedisReplyReader()
        for (index, byte) in text.utf8.enumerated() {
            try pieces.feed([byte].span.bytes)
            let reply = try pieces.next()
            #expect(reply == (index == text.utf8.count - 1 ? expected : nil))
        }
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "?1\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        "*1048577\r\n", "*9999999999\r\n", "$-5\r\n", "*2\r\n*1048576\r\n",
    ])
    func `what is not RESP 2 or too large is refused`(text: String) throws {
        let reader = RedisReplyReader()
        #expect(throws: RedisFailure.self) {
            try reader.feed(Array(text.utf8).span.bytes)
            _ = try reader.next()
        }
    }

    @Test func `commands are spliced with the lengths of their parts`() {
        var output = RedisOutput()
        output.begin("XACK", arguments: 4)
        output.argument("tøpic")
        output.argument(1_700_000_000_000, hyphen: 0)
        output.argument(-12)
        output.argument([0, 1])
        var written: [UInt8] = []
        output.drain { swap(&written, &$0) }
        #expect(
            String(decoding: written, as: UTF8.self)
                == "*5\r\n$4\r\nXACK\r\n$6\r\ntøpic\r\n$15\r\n1700000000000-0\r\n$3\r\n-12\r\n$2\r\n\0\u{1}\r\n")
        let isEmpty = output.isEmpty
        #expect(isEmpty)
    }

    @Test(arguments: RedisServerError.Code.allCases)
    func `refusals are told apart by their first word`(code: RedisServerError.Code) {
        let word = code == .other ? "ERR" : code.rawValue
        #expect(RedisServerError("\(word) some text").code == code)
    }
}
