internal import Bytes

/// The methods that are told apart; methods are case-sensitive (RFC 9110, 9.1).
package enum HTTPMethod: UInt8, Sendable {
    case get
    case head
    case post
    case put
    case delete
    case options
    case patch
    case connect
    case trace
    /// Any other token; its text is in the head.
    case other

    /// Reads a method that is known to be a token.
    init(_ token: RawSpan) {
        switch token.byteCount {
        case 3: self = token.equals("GET") ? .get : token.equals("PUT") ? .put : .other
        case 4: self = token.equals("POST") ? .post : token.equals("HEAD") ? .head : .other
        case 5: self = token.equals("PATCH") ? .patch : token.equals("TRACE") ? .trace : .other
        case 6: self = token.equals("DELETE") ? .delete : .other
        case 7: self = token.equals("OPTIONS") ? .options : token.equals("CONNECT") ? .connect : .other
        default: self = .other
        }
    }
}
