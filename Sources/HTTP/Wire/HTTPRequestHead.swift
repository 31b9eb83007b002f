/// The head of a request.
package struct HTTPRequestHead: Sendable {
    /// The method.
    package let method: HTTPMethod
    /// Where the method's text lies in `fields.bytes`.
    package let methodRange: Range<Int>
    /// The target's parts, as offsets into `fields.bytes`.
    package let target: HTTPTarget
    /// The fields, and the bytes of the head.
    package internal(set) var fields: HTTPFields
    /// Whether the version is 1.0; otherwise it is 1.1.
    package let isVersion10: Bool
    /// How the body's end is found.
    package let framing: HTTPBodyFraming
    /// Whether the connection may be used again, as far as the client is concerned (RFC 9112, 9.3).
    package let keepsAlive: Bool
    /// Whether the client waits for `100 Continue` before it sends the body.
    package let expectsContinue: Bool

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
}
