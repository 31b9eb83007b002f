import Messaging
import Testing

@testable import RedisClient

@Suite struct RedisEntryBuilderTests {
    static func entry(
        _ high: UInt64, _ low: UInt64, body: String? = nil, metadata: String = "", key: String = ""
    ) -> RedisEntry {
        var entry = RedisEntry(id: Position(high: high, low: low))
        entry.body = body.map { Array($0.utf8) }
        entry.metadata = Array(metadata.utf8)
        entry.key = Array(key.utf8)
        return entry
    }

    /// Replies to XREADGROUP as RESP, and what they are.
    static let reads: [(String, [RedisEntry]?)] = [
        ("*-1\r\n", []),
        ("$-1\r\n", []),
        ("*1\r\n*2\r\n$1\r\ns\r\n*0\r\n", []),
        (
            "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n5-1\r\n*2\r\n$4\r\ndata\r\n$2\r\n{}\r\n",
            [entry(5, 1, body: "{}")]
        ),
        (
            "*1\r\n*2\r\n$1\r\ns\r\n*2\r\n*2\r\n$3\r\n5-1\r\n*6\r\n$3\r\nkey\r\n$1\r\nk\r\n$4\r\ndata\r\n$0\r\n\r\n$8\r\nmetadata\r\n$1\r\nm\r\n*2\r\n$3\r\n5-2\r\n*2\r\n$1\r\nx\r\n$1\r\ny\r\n",
            [entry(5, 1, body: "", metadata: "m", key: "k"), entry(5, 2)]
        ),
        ("*1\r\n*2\r\n$1\r\ns\r\n*2\r\n*-1\r\n*2\r\n$3\r\n5-1\r\n*-1\r\n", [entry(5, 1)]),
        ("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n5-1\r\n*0\r\n", [entry(5, 1)]),
        // Not as documented: two streams, no name, an id that is none, a field without a value, numbers and states in the place of bytes.
        ("*0\r\n", nil),
        ("*2\r\n*2\r\n$1\r\ns\r\n*0\r\n*2\r\n$1\r\nt\r\n*0\r\n", nil),
        ("*1\r\n*1\r\n*0\r\n", nil),
        ("*1\r\n*2\r\n*0\r\n$1\r\ns\r\n", nil),
        ("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$2\r\n5-\r\n*0\r\n", nil),
        ("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n5-1\r\n*1\r\n$1\r\nx\r\n", nil),
        ("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n5-1\r\n*2\r\n$4\r\ndata\r\n:1\r\n", nil),
        ("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n5-1\r\n*2\r\n*1\r\n:1\r\n$1\r\nx\r\n", nil),
        ("*1\r\n*2\r\n$1\r\ns\r\n:1\r\n", nil),
        ("+OK\r\n", nil),
        (":1\r\n", nil),
        ("$1\r\nx\r\n", nil),
    ]

    @Test(arguments: reads)
    func `a read becomes entries, whole and byte by byte, and the reply behind it is read as it is`(
        text: String, expected: [RedisEntry]?
    ) throws {
        let whole = RedisReplyReader()
        try whole.feed(Array((text + "$2\r\nab\r\n").utf8).span.bytes)
        #expect(try whole.next(.readEntries) == .entries(expected))
        #expect(try whole.next() == .bulk([0x61, 0x62]))
        let pieces = RedisReplyReader()
        for (index, byte) in text.utf8.enumerated() {
            try pieces.feed([byte].span.bytes)
            let reply = try pieces.next(.readEntries)
            #expect(reply == (index == text.utf8.count - 1 ? .entries(expected) : nil))
        }
    }

    @Test func `a claim's entries stand alone`() throws {
        let reader = RedisReplyReader()
        try reader.feed(Array("*2\r\n*2\r\n$3\r\n5-1\r\n*2\r\n$4\r\ndata\r\n$1\r\n1\r\n*-1\r\n*0\r\n".utf8).span.bytes)
        #expect(try reader.next(.entries) == .entries([RedisEntryBuilderTests.entry(5, 1, body: "1")]))
        #expect(try reader.next(.entries) == .entries([]))
    }

    @Test(arguments: [RedisReplyForm.entries, .readEntries, .confirmation, .whole])
    func `a refusal is a refusal in every form`(form: RedisReplyForm) throws {
        let reader = RedisReplyReader()
        try reader.feed(Array("-NOGROUP no\r\n".utf8).span.bytes)
        #expect(try reader.next(form) == .error(RedisServerError("NOGROUP no")))
    }

    @Test func `a confirmation keeps no bytes, and other replies as they are`() throws {
        let reader = RedisReplyReader()
        try reader.feed(Array("$3\r\n5-1\r\n$-1\r\n*1\r\n$1\r\nx\r\n".utf8).span.bytes)
        #expect(try reader.next(.confirmation) == .bulk([]))
        #expect(try reader.next(.confirmation) == .null)
        #expect(try reader.next(.confirmation) == .array([.bulk([0x78])]))
    }
}
