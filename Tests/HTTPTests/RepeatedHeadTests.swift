import Bytes
import HTTP
import Testing

/// A connection's next head is nearly always spelled like the one before and is not parsed then: what is read must not depend on what came
/// before it.
@Suite struct RepeatedHeadTests {
    private static let plain = "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\ncontent-length: 10\r\n\r\n0123456789"

    private static let requests = [
        plain,
        // Another length, of as many digits and of fewer.
        "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\ncontent-length: 12\r\n\r\n012345678901",
        "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\ncontent-length: 00\r\n\r\n",
        "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\ncontent-length: 3\r\n\r\nabc",
        // As long as the plain one, and other in one byte.
        "POST /a?c HTTP/1.1\r\nHost: a\r\nX-A: 1\r\ncontent-length: 10\r\n\r\n0123456789",
        "POST /a?b HTTP/1.1\r\nHost: b\r\nX-A: 1\r\ncontent-length: 10\r\n\r\n0123456789",
        "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 2\r\ncontent-length: 10\r\n\r\n0123456789",
        "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nContent-length: 10\r\n\r\n0123456789",
        "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nkontent-length: 10\r\n\r\n",
        "PUTT /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\ncontent-length: 10\r\n\r\n0123456789",
        "POST /a?b HTTP/1.0\r\nHost: a\r\nX-A: 1\r\ncontent-length: 10\r\n\r\n0123456789",
        // Shorter, longer, without a length, in chunks, and after an empty line.
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\ncontent-length: 10\r\nX-B: 2\r\n\r\n0123456789",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "\r\n" + plain,
        "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\ncontent-length: 10\r\nConnection: close\r\n\r\n0123456789",
        "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
    ]

    @Test func `a request is read alike whatever request came before it`() {
        for first in RepeatedHeadTests.requests {
            for second in RepeatedHeadTests.requests {
                let expected = readRequests(first).events + readRequests(second).events
                let text = first + second
                for pieces in [[Int.max], [1], [first.utf8.count], [first.utf8.count + 20], [60]] {
                    #expect(
                        readRequests(text, pieces: pieces).events == expected, "\(text.debugDescription) in \(pieces)")
                }
            }
        }
    }

    @Test(arguments: [
        "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\ncontent-length: 1x\r\n\r\n0123456789",
        "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\ncontent-length: +1\r\n\r\n0123456789",
        "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\ncontent-length: 10\r\n\r\n0123456789",
        "POST /a?b HTTP/1.1\r\nHost: a\r\nX\u{1}A: 1\r\ncontent-length: 10\r\n\r\n0123456789",
        "POST /a?b HTTP/1.2\r\nHost: a\r\nX-A: 1\r\ncontent-length: 10\r\n\r\n0123456789",
    ])
    func `what is refused is refused after a good request too`(_ bad: String) throws {
        let error = try #require(readRequests(bad).error)
        #expect(readRequests(RepeatedHeadTests.plain + bad).error == error)
        #expect(readRequests(RepeatedHeadTests.plain + RepeatedHeadTests.plain + bad).error == error)
    }

    @Test func `a length beyond the bound is refused in a repeated head too`() {
        var limits = HTTPLimits()
        limits.bodyBytes = 50
        let large = "POST /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\ncontent-length: 51\r\n\r\n"
        #expect(readRequests(RepeatedHeadTests.plain + large, limits: limits).error == .bodyTooLarge)
    }

    private static let responses = [
        "HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 02\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 12\r\n\r\n012345678901",
        "HTTP/1.1 201 OK\r\nX: 1\r\nContent-Length: 02\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nX: 2\r\nContent-Length: 02\r\n\r\nab",
        "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 OK\r\nX: 1\r\nContent-Length: 02\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 02\r\n\r\nab",
    ]

    @Test func `a response is read alike whatever response came before it`() throws {
        for first in RepeatedHeadTests.responses {
            for second in RepeatedHeadTests.responses {
                var reader = HTTPResponseReader(limits: HTTPLimits())
                for text in [first, second, second] {
                    let bytes = [UInt8](text.utf8)
                    var offset = 0
                    reader.begin(toHead: false)
                    #expect(reader.head == nil)
                    #expect(try reader.read(bytes.rawSpan, from: &offset))
                    #expect(offset == bytes.count)
                    let expected = readResponse(text)
                    let head = try #require(reader.head)
                    #expect(["\(head.status)", String(decoding: reader.body, as: UTF8.self)] == expected.events)
                    #expect(head.fields.text("x") == (text.contains("X: 1") ? "1" : text.contains("X: 2") ? "2" : nil))
                }
            }
        }
    }

    @Test func `a repeated head is followed by no body after HEAD`() throws {
        let bytes = [UInt8]("HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 02\r\n\r\nab".utf8)
        var reader = HTTPResponseReader(limits: HTTPLimits())
        for (toHead, length) in [(false, bytes.count), (true, bytes.count - 2), (false, bytes.count)] {
            var offset = 0
            reader.begin(toHead: toHead)
            #expect(try reader.read(bytes.rawSpan, from: &offset))
            #expect(offset == length)
        }
    }
}
