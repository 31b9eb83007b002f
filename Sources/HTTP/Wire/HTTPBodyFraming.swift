/// How the end of a body is found (RFC 9112, 6.3).
package enum HTTPBodyFraming: Sendable, Equatable {
    /// This many bytes; zero where there is no body.
    case length(Int)
    /// Chunks, then trailers.
    case chunked
    /// Everything until the connection ends; only responses.
    case untilClose

    /// The framing of a request.
    init(requestWith fields: HTTPFramingFields) {
        self = fields.isChunked ? .chunked : .length(fields.contentLength ?? 0)
    }

    /// The framing of a final response, which depends on the request's method. No body where the method was HEAD or the status is 204 or
    /// 304, whatever the fields say.
    init(responseWith fields: HTTPFramingFields, status: Int, toHead: Bool) {
        if toHead || status == 204 || status == 304 || status < 200 {
            self = .length(0)
        } else if fields.isChunked {
            self = .chunked
        } else {
            self = fields.contentLength.map(HTTPBodyFraming.length) ?? .untilClose
        }
    }
}
