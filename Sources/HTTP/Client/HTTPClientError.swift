/// Why a request has no response.
package struct HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The class of an error, for decisions in code.
    package enum Code: Sendable, Equatable {
        /// No connection: refused, no name, no route.
        case connectFailed
        /// No connection within `HTTPClientSettings.connectTimeout`.
        case connectTimeout
        /// The connection ended before the response did.
        case connectionLost
        /// The request's deadline passed.
        case timeout
        /// What came is no response.
        case protocolViolation
        /// The response's body exceeds its bound.
        case responseTooLarge
        /// Too many requests wait already.
        case overloaded
        /// The request's method or target cannot be sent.
        case invalidRequest
        /// The caller took the request back.
        case cancelled
        /// The client is closed or closing.
        case closed
    }

    /// The class of the error.
    package var code: Code
    /// The reason in the words of whoever refused.
    package var reason: String
    /// The system's own number.
    package var nativeCode: Int?
    /// Whether the origin may have got the whole request and acted on it.
    package var mayHaveBeenProcessed: Bool

    init(_ code: Code, _ reason: String, nativeCode: Int? = nil, mayHaveBeenProcessed: Bool = false) {
        self.code = code
        self.reason = reason
        self.nativeCode = nativeCode
        self.mayHaveBeenProcessed = mayHaveBeenProcessed
    }

    package var description: String {
        reason + (nativeCode.map { " (\($0))" } ?? "") + (mayHaveBeenProcessed ? "; it may have been processed" : "")
    }
}
