import Bytes
import HTTP
import Testing

@Suite struct HeadTests {
    struct Case: CustomStringConvertible, Sendable {
        var text: String
        var result: String
        var description: String { text.debugDescription }
        init(_ text: String, _ result: String) {
            self.text = text
            self.result = result
        }
    }

    static let accepted: [Case] = [
        Case("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / - host=a keep"),
        Case("GET /a/b?c=d?e HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a/b ?c=d?e host=a keep"),
        Case("GET /a? HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a ? host=a keep"),
        Case("GET /%41%zz?%zz HTTP/1.1\r\nHost: a\r\n\r\n", "malformedTarget"),
        Case("GET /%41?%zz HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%41 ?%zz host=a keep"),
        Case("GET //x#y HTTP/1.1\r\nHost: a\r\n\r\n", "GET //x#y - host=a keep"),
        Case("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / - host=a keep"),
        Case("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * - host=a keep"),
        Case("GET http://x.test:80/p?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET /p ?q host=a keep"),
        Case("GET HTTPS://x.test HTTP/1.1\r\nHost: a\r\n\r\n", "GET / - host=a keep"),
        Case("GET http://x.test?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET / ?q host=a keep"),
        Case("get / HTTP/1.1\r\nHost: a\r\n\r\n", "get / - host=a keep"),
        Case("M-SEARCH! / HTTP/1.1\r\nHost: a\r\n\r\n", "M-SEARCH! / - host=a keep"),
        Case("GET / HTTP/1.0\r\n\r\n", "GET / - close"),
        Case("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / - connection=Keep-Alive keep"),
        Case("GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / - host= keep"),
        Case("GET / HTTP/1.1\r\nhOsT:\t a \t\r\n\r\n", "GET / - host=a keep"),
        Case(
            "GET / HTTP/1.1\r\nHost: [::1]:80\r\nX-Y_z.1~: a\tb  c\r\n\r\n",
            "GET / - host=[::1]:80 x-y_z.1~=a\tb  c keep"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", "GET / - host=a connection=x, Close close"),
        Case(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: ,close,\r\n\r\n",
            "GET / - host=a connection=x connection=,close, close"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nX: \u{e4}\u{20ac}\r\n\r\n", "GET / - host=a x=\u{e4}\u{20ac} keep"),
        Case("GET /\u{e4} HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\u{e4} - host=a keep"),
    ]

    @Test(arguments: accepted) func `a head is taken apart`(_ head: Case) {
        let reading = readRequests(head.text)
        let found = reading.error.map { "\($0)" } ?? reading.events.first
        #expect(found == head.result)
    }

    static func request(_ fields: String) -> String { "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n" }

    static let refused: [Case] = [
        // Line ends
        Case("GET / HTTP/1.1\nHost: a\n\n", "malformedVersion"),
        Case("GET / HTTP/1.1\r\nHost: a\n\r\n", "malformedLineEnd"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nX\n: b\r\n\r\n", "malformedLineEnd"),
        Case("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", "malformedLineEnd"),
        Case("GET / HTTP/1.1\r\nHost: a\r\n\rX", "malformedLineEnd"),
        Case("GET / HTTP/1.1\rHost: a\r\n\r\n", "malformedLineEnd"),
        Case("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "malformedMethod"),
        Case("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "malformedMethod"),
        // Start line
        Case(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", "malformedMethod"),
        Case("G ET / HTTP/1.1\r\nHost: a\r\n\r\n", "malformedTarget"),
        Case("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "malformedMethod"),
        Case("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "malformedMethod"),
        Case("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "malformedTarget"),
        Case("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "malformedVersion"),
        Case("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "malformedVersion"),
        Case("GET a HTTP/1.1\r\nHost: a\r\n\r\n", "malformedTarget"),
        Case("GET *a HTTP/1.1\r\nHost: a\r\n\r\n", "malformedTarget"),
        Case("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "malformedTarget"),
        Case("GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n", "malformedTarget"),
        Case("GET http://u@a/p HTTP/1.1\r\nHost: a\r\n\r\n", "malformedHost"),
        Case("GET http://?/ HTTP/1.1\r\nHost: a\r\n\r\n", "malformedTarget"),
        Case("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "malformedTarget"),
        Case("GET /a\u{0}b HTTP/1.1\r\nHost: a\r\n\r\n", "malformedTarget"),
        Case("GET /a\u{7f} HTTP/1.1\r\nHost: a\r\n\r\n", "malformedTarget"),
        Case("GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", "malformedTarget"),
        Case("GET /\r\n\r\n", "malformedVersion"),
        Case("GET /\r\nHost: a\r\n\r\n", "malformedVersion"),
        Case("GET / HTTP/1.2\r\nHost: a\r\n\r\n", "unsupportedVersion"),
        Case("GET / HTTP/0.9\r\nHost: a\r\n\r\n", "unsupportedVersion"),
        Case("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "unsupportedVersion"),
        Case("GET / http/1.1\r\nHost: a\r\n\r\n", "malformedVersion"),
        Case("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "malformedVersion"),
        Case("GET / HTTP/01.1\r\nHost: a\r\n\r\n", "malformedVersion"),
        // Fields
        Case(request("Transfer-Encoding : chunked"), "malformedFieldName"),
        Case(request(": b"), "malformedFieldName"),
        Case(request("X Y: b"), "malformedFieldName"),
        Case(request("X"), "malformedFieldName"),
        Case(request("X\u{0}: b"), "malformedFieldName"),
        Case(request("X\u{e4}: b"), "malformedFieldName"),
        Case(request("X: a\r\n b"), "foldedField"),
        Case(request("X:\r\n\tb"), "foldedField"),
        Case("GET / HTTP/1.1\r\n Host: a\r\n\r\n", "foldedField"),
        Case(request("X: a\u{0}b"), "malformedFieldValue"),
        Case(request("X: a\u{1}"), "malformedFieldValue"),
        Case(request("X: \u{7f}"), "malformedFieldValue"),
        Case(request("X: 12345678\u{b}"), "malformedFieldValue"),
        // Host
        Case("GET / HTTP/1.1\r\n\r\n", "missingHost"),
        Case("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", "repeatedHost"),
        Case("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "malformedHost"),
        Case("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "malformedHost"),
        Case("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "malformedHost"),
        // Framing
        Case(request("Content-Length: 1\r\nTransfer-Encoding: chunked"), "lengthAndEncoding"),
        Case(request("Transfer-Encoding: chunked\r\nContent-Length: 1"), "lengthAndEncoding"),
        Case(request("Content-Length: 1\r\nContent-Length: 2"), "repeatedContentLength"),
        Case(request("Content-Length: 1\r\ncontent-length: 1"), "repeatedContentLength"),
        Case(request("Content-Length: +1"), "malformedContentLength"),
        Case(request("Content-Length: -1"), "malformedContentLength"),
        Case(request("Content-Length: 1, 1"), "malformedContentLength"),
        Case(request("Content-Length: 1 1"), "malformedContentLength"),
        Case(request("Content-Length: 0x1"), "malformedContentLength"),
        Case(request("Content-Length:"), "malformedContentLength"),
        Case(request("Content-Length: 9999999999999999999"), "malformedContentLength"),
        Case(request("Content-Length: 999999999999999999"), "bodyTooLarge"),
        Case(request("Transfer-Encoding: gzip, chunked"), "unsupportedEncoding"),
        Case(request("Transfer-Encoding: chunked, gzip"), "unsupportedEncoding"),
        Case(request("Transfer-Encoding: xchunked"), "unsupportedEncoding"),
        Case(request("Transfer-Encoding: \"chunked\""), "unsupportedEncoding"),
        Case(request("Transfer-Encoding: identity"), "unsupportedEncoding"),
        Case(request("Transfer-Encoding:"), "unsupportedEncoding"),
        Case(request("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), "unsupportedEncoding"),
        Case("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "unsupportedEncoding"),
        Case(request("Expect: 200-maybe"), "unsupportedExpectation"),
    ]

    @Test(arguments: refused) func `a head that can be read in two ways is refused`(_ head: Case) {
        #expect(readRequests(head.text).error.map { "\($0)" } == head.result)
    }

    @Test(arguments: accepted + refused) func `how a head is cut changes nothing`(_ head: Case) {
        let whole = readRequests(head.text)
        #expect(readRequests(head.text, pieces: [1]) == whole)
        for cut in 1...max(1, head.text.utf8.count) {
            #expect(readRequests(head.text, pieces: [cut, Int.max]) == whole, "cut at \(cut)")
        }
        for size in [2, 3, 5, 7, 8, 9, 16] { #expect(readRequests(head.text, pieces: [size]) == whole) }
    }

    @Test func `every prefix of a head asks for more`() {
        let bytes = [UInt8](
            "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nX-Long-Name: some value\r\n\r\n".utf8)
        for length in 1..<bytes.count {
            let reading = readRequests([UInt8](bytes[..<length]))
            #expect(reading == Reading(events: ["more"]))
        }
    }

    @Test func `a blank after the content length is no part of it`() {
        let reading = readRequests(HeadTests.request("Content-Length: 1 \t") + "x")
        #expect(reading.events.last == "body x")
    }

    @Test func `a head of exactly the bound passes and one byte more does not`() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        var limits = HTTPLimits()
        limits.headBytes = 200
        let padding = String(repeating: "x", count: 200 - start.utf8.count - 4)
        for pieces in [1, 7, 199, 200, 1000] {
            let fits = readRequests(start + padding + "\r\n\r\n", pieces: [pieces], limits: limits)
            #expect(fits.error == nil)
            let exceeds = readRequests(start + padding + "x\r\n\r\n", pieces: [pieces], limits: limits)
            #expect(exceeds.error == .headTooLarge)
        }
    }

    @Test func `a hundred fields pass and one more does not`() {
        let fields = (1...99).map { "X\($0): y\r\n" }.joined()
        #expect(readRequests("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n").error == nil)
        #expect(readRequests("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "Y: z\r\n\r\n").error == .tooManyFields)
    }

    @Test func `every byte in every place of a head is accepted or refused alike however it is cut`() {
        let head = [UInt8]("GET /a HTTP/1.1\r\nHost: a\r\nX-Y: b c\r\n\r\n".utf8)
        for place in 0..<head.count {
            for byte in UInt8.min...UInt8.max {
                var changed = head
                changed[place] = byte
                let whole = readRequests(changed)
                if readRequests(changed, pieces: [1]) != whole || readRequests(changed, pieces: [place + 1]) != whole {
                    Issue.record("byte \(byte) at \(place)")
                }
            }
        }
    }

    @Test func `fields are found without case and in order`() throws {
        var reader = HTTPRequestReader(limits: HTTPLimits())
        let text = "GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-b: 2\r\nX-a: 3\r\n\r\n"
        let bytes = [UInt8](text.utf8)
        var offset = 0
        #expect(try reader.next(bytes.rawSpan, from: &offset) == .head)
        let fields = try #require(reader.head?.fields)
        #expect(fields.text("x-a") == "1")
        #expect(fields.all("X-A").map { String(decoding: $0, as: UTF8.self) } == ["1", "3"])
        #expect(fields.first("X-B").map { [UInt8]($0) } == [0x32])
        #expect(fields.index(ofName: "X-B") == 2)
        #expect(fields.text("x-c") == nil)
        #expect(fields.count == 4)
    }
}
