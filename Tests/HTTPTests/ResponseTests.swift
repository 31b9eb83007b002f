import HTTP
import Testing

@Suite struct ResponseTests {
    struct Case: CustomStringConvertible, Sendable {
        var text: String
        var result: [String]
        var toHead = false
        var ends = false
        var description: String { text.debugDescription }
    }

    static let cases: [Case] = [
        Case(text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", result: ["200", "ok"]),
        Case(text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokX", result: ["200", "ok", "left 1"]),
        Case(text: "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", result: ["200", ""]),
        Case(text: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", result: ["200", ""]),
        Case(text: "HTTP/1.1 204 No Content\r\n\r\n", result: ["204", ""]),
        Case(text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", result: ["304", ""]),
        Case(text: "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", result: ["200", ""], toHead: true),
        Case(text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", result: ["200", ""], toHead: true),
        Case(
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", result: ["200", "ok"]),
        Case(
            text:
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            result: ["200", ""]),
        Case(text: "HTTP/1.1 200 OK\r\n\r\nuntil", result: ["200", "until", "end"], ends: true),
        Case(text: "HTTP/1.0 200 OK\r\n\r\n", result: ["200", "", "end"], ends: true),
        Case(text: "HTTP/1.1 200 OK\r\n\r\nuntil", result: ["more"]),
        Case(text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nunt", result: ["truncated"], ends: true),
        Case(
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", result: ["truncated"], ends: true),
        Case(text: "HTTP/1.1 200 OK\r\nConte", result: ["truncated"], ends: true),
        Case(text: "HTTP/1.1 101 Switching Protocols\r\n\r\n", result: ["unexpectedInterim"]),
        Case(
            text: String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 17), result: ["unexpectedInterim"]),
        Case(text: "HTTP/1.1 099 X\r\n\r\n", result: ["malformedStatus"]),
        Case(text: "HTTP/1.1 20 OK\r\n\r\n", result: ["malformedStatus"]),
        Case(text: "HTTP/1.1 2000 OK\r\n\r\n", result: ["malformedStatus"]),
        Case(text: "HTTP/1.1  200 OK\r\n\r\n", result: ["malformedStatus"]),
        Case(text: "HTTP/1.1 200 O\u{0}K\r\n\r\n", result: ["malformedStatus"]),
        Case(text: "HTTP/1.1 200 OK\n\r\n", result: ["malformedLineEnd"]),
        Case(text: "HTTP/1.2 200 OK\r\n\r\n", result: ["unsupportedVersion"]),
        Case(text: "HTTP/2 200 OK\r\n\r\n", result: ["malformedVersion"]),
        Case(text: "\r\nHTTP/1.1 200 OK\r\n\r\n", result: ["malformedVersion"]),
        Case(text: "ICY 200 OK\r\n\r\nsome more", result: ["malformedVersion"]),
        Case(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            result: ["lengthAndEncoding"]),
        Case(text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", result: ["unsupportedEncoding"]),
        Case(text: "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n", result: ["bodyTooLarge"]),
    ]

    @Test(arguments: cases) func `a response is read however it is cut`(_ one: Case) {
        for size in [Int.max, 1, 2, 3, 7, 8, 19, 40] {
            let reading = readResponse(one.text, pieces: size, toHead: one.toHead, ends: one.ends)
            #expect((reading.error.map { ["\($0)"] } ?? reading.events) == one.result, "pieces of \(size)")
        }
    }
}
