/// The head of a response.
package struct HTTPResponseHead: Sendable {
    /// The status, from 100.
    package let status: Int
    /// The fields, and the bytes of the head.
    package internal(set) var fields: HTTPFields
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
}
