internal import Bytes

/// The head of a response. It is shared by all responses of a connection whose heads are spelled alike.
package final class HTTPResponseHead: Sendable {
    /// The status, from 100.
    package let status: Int
    /// The fields, and the bytes of the head.
    package let fields: HTTPFields
    /// Whether the version is 1.0; otherwise it is 1.1.
    package let isVersion10: Bool
    /// Whether the connection may be used again, as far as the server is concerned.
    package let keepsAlive: Bool
    let framing: HTTPFramingFields

    /// Takes what a parser that is done found.
    init(_ parser: inout HTTPHeadParser, bytes: [UInt8]) {
        status = parser.status
        isVersion10 = parser.isVersion10
        framing = parser.framing
        keepsAlive = !framing.asksToClose && (!isVersion10 || framing.asksToKeepAlive)
        fields = HTTPFields(bytes: bytes, ranges: parser.takeRanges())
    }

    /// The same head but for the digits of the body's length.
    private init(_ head: HTTPResponseHead, bytes: [UInt8], length: Int) {
        status = head.status
        isVersion10 = head.isVersion10
        keepsAlive = head.keepsAlive
        var framing = head.framing
        framing.contentLength = length
        self.framing = framing
        fields = HTTPFields(bytes: bytes, ranges: head.fields.ranges)
    }

    /// The head at an offset, which is moved behind it, where it is spelled like this one, the digits of the body's length excepted: an app
    /// answers with the same head again and again. `nil` where it has to be parsed.
    func again(in bytes: RawSpan, at offset: inout Int) -> HTTPResponseHead? {
        switch fields.spelling(of: bytes, at: offset) {
        case .other: return nil
        case .same:
            offset &+= fields.bytes.count
            return self
        case .otherLength(let length):
            let start = offset
            offset &+= fields.bytes.count
            return HTTPResponseHead(self, bytes: [UInt8](bytes.extracting(start..<offset)), length: length)
        }
    }
}
