internal import Bytes

/// The head of a request. It is shared by all requests of a connection whose heads are spelled alike.
package final class HTTPRequestHead {
    /// The method.
    package let method: HTTPMethod
    /// Where the method's text lies in `fields.bytes`.
    package let methodRange: Range<Int>
    /// The target's parts, as offsets into `fields.bytes`.
    package let target: HTTPTarget
    /// The fields, and the bytes of the head.
    package let fields: HTTPFields
    /// Whether the version is 1.0; otherwise it is 1.1.
    package let isVersion10: Bool
    /// How the body's end is found.
    package let framing: HTTPBodyFraming
    /// Whether the connection may be used again, as far as the client is concerned (RFC 9112, 9.3).
    package let keepsAlive: Bool
    /// Whether the client waits for `100 Continue` before it sends the body.
    package let expectsContinue: Bool
    /// What the handler remembers of the head; the server does not look at it. It stays while the connection's heads differ in nothing but the
    /// body's length.
    package var note: AnyObject?

    /// Takes what a parser that is done found. `nil` without a target, which such a parser has.
    init?(_ parser: inout HTTPHeadParser, bytes: [UInt8]) {
        guard let target = parser.target else { return nil }
        method = parser.method
        methodRange = parser.methodRange
        self.target = target
        isVersion10 = parser.isVersion10
        let framing = parser.framing
        self.framing = HTTPBodyFraming(requestWith: framing)
        keepsAlive = !framing.asksToClose && (!isVersion10 || framing.asksToKeepAlive)
        // HTTP/1.0 knows no interim responses (RFC 9110, 10.1.1).
        expectsContinue = framing.expectsContinue && !isVersion10
        fields = HTTPFields(bytes: bytes, ranges: parser.takeRanges())
    }

    /// The same head but for the digits of the body's length.
    private init(_ head: HTTPRequestHead, bytes: [UInt8], length: Int) {
        method = head.method
        methodRange = head.methodRange
        target = head.target
        isVersion10 = head.isVersion10
        framing = .length(length)
        keepsAlive = head.keepsAlive
        expectsContinue = head.expectsContinue
        fields = HTTPFields(bytes: bytes, ranges: head.fields.ranges)
        note = head.note
    }

    /// The head at an offset, which is moved behind it, where it is spelled like this one, the digits of the body's length excepted: clients
    /// send the same head again and again, and what the parser would find is known. `nil` where it has to be parsed.
    func again(in bytes: RawSpan, at offset: inout Int) -> HTTPRequestHead? {
        switch fields.spelling(of: bytes, at: offset) {
        case .other: return nil
        case .same:
            offset &+= fields.bytes.count
            return self
        case .otherLength(let length):
            let start = offset
            offset &+= fields.bytes.count
            return HTTPRequestHead(self, bytes: [UInt8](bytes.extracting(start..<offset)), length: length)
        }
    }
}
