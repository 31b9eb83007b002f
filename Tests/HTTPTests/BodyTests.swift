import Bytes
import HTTP
import Testing

@Suite struct BodyTests {
    static let chunkedHead = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    struct Case: CustomStringConvertible, Sendable {
        var text: String
        var result: String
        var description: String { text.debugDescription }
        init(_ text: String, _ result: String) {
            self.text = text
            self.result = result
        }
    }

    static let bodies: [Case] = [
        Case("0\r\n\r\n", "body "),
        Case("5\r\nhello\r\n0\r\n\r\n", "body hello"),
        Case("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "body hello world"),
        Case("0000000000000005\r\nhello\r\n0\r\n\r\n", "body hello"),
        Case("a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n", "body 01234567890123456789"),
        Case("5;a=b;c=\"d\"\r\nhello\r\n0;x\r\n\r\n", "body hello"),
        Case("5\r\nhello\r\n0\r\nX: y\r\nZ:\r\n\r\n", "body hello"),
        Case("5\r\nhell", "more"),
        Case("5\r\nhello\r\n0\r\n", "more"),
        Case("\r\n", "malformedChunkSize"),
        Case("00000000000000005\r\nhello\r\n0\r\n\r\n", "malformedChunkSize"),
        Case("+5\r\nhello\r\n0\r\n\r\n", "malformedChunkSize"),
        Case("-5\r\nhello\r\n0\r\n\r\n", "malformedChunkSize"),
        Case("0x5\r\nhello\r\n0\r\n\r\n", "malformedChunkSize"),
        Case(" 5\r\nhello\r\n0\r\n\r\n", "malformedChunkSize"),
        Case("5 \r\nhello\r\n0\r\n\r\n", "malformedChunkSize"),
        Case("5 ;a\r\nhello\r\n0\r\n\r\n", "malformedChunkSize"),
        Case("5\nhello\r\n0\r\n\r\n", "malformedLineEnd"),
        Case("5\rhello\r\n0\r\n\r\n", "malformedLineEnd"),
        Case("ffffffffffffffff\r\n", "malformedChunkSize"),
        Case("7fffffffffffffff\r\n", "malformedChunkSize"),
        Case("400001\r\n", "bodyTooLarge"),
        Case("5\r\nhelloX\r\n0\r\n\r\n", "malformedChunkEnd"),
        Case("5\r\nhello\n0\r\n\r\n", "malformedChunkEnd"),
        Case("5\r\nhello\rX0\r\n\r\n", "malformedChunkEnd"),
        Case("5;a\nhello\r\n0\r\n\r\n", "refusedChunkExtension"),
        Case("5;a\u{0}\r\nhello\r\n0\r\n\r\n", "refusedChunkExtension"),
        Case("5;" + String(repeating: "x", count: 5000) + "\r\nhello\r\n0\r\n\r\n", "refusedChunkExtension"),
        Case(String(repeating: "1;xxxxxxx\r\na\r\n", count: 600) + "0\r\n\r\n", "refusedChunkExtension"),
        Case("0\r\nX : y\r\n\r\n", "refusedTrailer"),
        Case("0\r\n X: y\r\n\r\n", "refusedTrailer"),
        Case("0\r\nX\r\n\r\n", "refusedTrailer"),
        Case("0\r\nX: a\nb\r\n\r\n", "refusedTrailer"),
        Case("0\r\nX: a\rb\r\n\r\n", "malformedLineEnd"),
        Case("0\r\n\rX", "malformedLineEnd"),
        Case("0\r\nX: " + String(repeating: "y", count: 5000) + "\r\n\r\n", "refusedTrailer"),
    ]

    @Test(arguments: bodies) func `a chunked body is decoded or refused`(_ body: Case) {
        let reading = readRequests(BodyTests.chunkedHead + body.text)
        #expect((reading.error.map { "\($0)" } ?? reading.events.last) == body.result)
    }

    @Test(arguments: bodies) func `how a chunked body is cut changes nothing`(_ body: Case) {
        let text = BodyTests.chunkedHead + body.text
        let whole = readRequests(text)
        for size in [1, 2, 3, 5, 8, 13, 60, 61, 62, 63, 64] {
            #expect(readRequests(text, pieces: [size]) == whole, "pieces of \(size)")
        }
    }

    @Test func `requests follow each other on one connection`() {
        let text =
            "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
            + BodyTests.chunkedHead + "1\r\nx\r\n0\r\n\r\n" + "\r\nGET /4 HTTP/1.1\r\nHost: a\r\n\r\n"
        let expected = [
            "POST /1 - host=a content-length=3 keep", "body abc", "GET /2 - host=a keep", "body ",
            "POST / - host=a transfer-encoding=chunked keep", "body x", "GET /4 - host=a keep", "body ",
        ]
        for size in 1...text.utf8.count { #expect(readRequests(text, pieces: [size]).events == expected) }
    }

    @Test func `a body of exactly the bound passes and one byte more does not`() {
        var limits = HTTPLimits()
        limits.bodyBytes = 10
        let body = "0123456789"
        func sized(_ text: String) -> String {
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(text.utf8.count)\r\n\r\n" + text
        }
        #expect(readRequests(sized(body), limits: limits).events.last == "body " + body)
        #expect(readRequests(sized(body + "x"), limits: limits).error == .bodyTooLarge)
        let chunked = BodyTests.chunkedHead + "5\r\n01234\r\n5\r\n56789\r\n"
        #expect(readRequests(chunked + "0\r\n\r\n", limits: limits).events.last == "body " + body)
        #expect(readRequests(chunked + "1\r\nx\r\n0\r\n\r\n", limits: limits).error == .bodyTooLarge)
    }
}
