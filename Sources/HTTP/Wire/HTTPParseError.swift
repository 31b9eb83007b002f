/// Why bytes from the other side are not a message that this side reads.
///
/// Everything that different parsers read differently is refused: that is what request smuggling is made of (RFC 9112, 11.2).
package enum HTTPParseError: Error, Sendable, Equatable, CaseIterable {
    /// The start line and fields exceed `HTTPLimits.headBytes`.
    case headTooLarge
    /// More fields than `HTTPLimits.fields`.
    case tooManyFields
    /// The method is empty or no token.
    case malformedMethod
    /// The target is empty, has a bad escape in its path, or is in none of the forms that are served.
    case malformedTarget
    /// The start line does not name a version of HTTP.
    case malformedVersion
    /// A version other than 1.0 and 1.1.
    case unsupportedVersion
    /// The status is not three digits from 100.
    case malformedStatus
    /// A carriage return without a line feed, or a line feed without one before it.
    case malformedLineEnd
    /// A field's name is empty, no token, or followed by a space.
    case malformedFieldName
    /// A field's value has a control byte.
    case malformedFieldValue
    /// A line begins with a space or a tab: a folded field (RFC 9112, 5.2).
    case foldedField
    /// HTTP/1.1 without `Host`.
    case missingHost
    /// More than one `Host`.
    case repeatedHost
    /// `Host`, or the authority of an absolute target, has bytes that no host has.
    case malformedHost
    /// `Content-Length` is not plain digits, or larger than any body.
    case malformedContentLength
    /// More than one `Content-Length`, equal or not.
    case repeatedContentLength
    /// Both `Content-Length` and `Transfer-Encoding`.
    case lengthAndEncoding
    /// A `Transfer-Encoding` that is not exactly `chunked`, or comes with HTTP/1.0, or twice.
    case unsupportedEncoding
    /// A chunk's size is not plain hexadecimal digits, or larger than any body.
    case malformedChunkSize
    /// What follows a chunk's data is not its end.
    case malformedChunkEnd
    /// The chunk extensions of a body exceed `HTTPLimits.chunkExtensionBytes`, or have control bytes.
    case refusedChunkExtension
    /// A trailer is no field, or all trailers exceed `HTTPLimits.trailerBytes`.
    case refusedTrailer
    /// An `Expect` other than `100-continue`.
    case unsupportedExpectation
    /// The body exceeds `HTTPLimits.bodyBytes`.
    case bodyTooLarge
    /// More interim responses than `HTTPLimits.interimResponses`, or a change of protocol that nobody asked for.
    case unexpectedInterim
    /// The connection ended inside of a message.
    case truncated

    /// What is wrong, in words for the peer and for logs; it quotes nothing that was received.
    package var text: String {
        switch self {
        case .headTooLarge, .tooManyFields: "the head is too large"
        case .malformedMethod: "malformed method"
        case .malformedTarget: "malformed request target"
        case .malformedVersion: "malformed HTTP version"
        case .unsupportedVersion: "unsupported protocol version"
        case .malformedStatus: "malformed status"
        case .malformedLineEnd: "malformed line end"
        case .malformedFieldName: "invalid header name"
        case .malformedFieldValue: "invalid header value"
        case .foldedField: "folded header"
        case .missingHost: "missing required Host header"
        case .repeatedHost: "too many Host headers"
        case .malformedHost: "malformed Host header"
        case .malformedContentLength: "malformed Content-Length"
        case .repeatedContentLength: "too many Content-Length headers"
        case .lengthAndEncoding: "both Content-Length and Transfer-Encoding"
        case .unsupportedEncoding: "unsupported transfer encoding"
        case .malformedChunkSize: "malformed chunk size"
        case .malformedChunkEnd: "malformed chunk"
        case .refusedChunkExtension: "refused chunk extension"
        case .refusedTrailer: "refused trailer"
        case .unsupportedExpectation: "unsupported expectation"
        case .bodyTooLarge: "the body is too large"
        case .unexpectedInterim: "unexpected interim response"
        case .truncated: "the connection ended inside of a message"
        }
    }

    /// The status that a server answers with.
    package var status: Int {
        switch self {
        case .headTooLarge, .tooManyFields: 431
        case .unsupportedVersion: 505
        case .unsupportedEncoding: 501
        case .unsupportedExpectation: 417
        case .bodyTooLarge: 413
        default: 400
        }
    }

    /// The plain text that a server answers with, as daprd's does (Go's net/http).
    package var answer: String {
        switch self {
        case .headTooLarge, .tooManyFields: "431 Request Header Fields Too Large"
        case .malformedTarget: "400 Bad Request"
        case .unsupportedVersion: "505 HTTP Version Not Supported: unsupported protocol version"
        case .unsupportedEncoding: "Unsupported transfer encoding"
        case .unsupportedExpectation: "417 Expectation Failed"
        case .bodyTooLarge: "413 Request Entity Too Large"
        default: "400 Bad Request: " + text
        }
    }
}
