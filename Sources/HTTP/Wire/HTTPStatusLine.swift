internal import Bytes

/// Status lines and their reasons (RFC 9110, 15; the words of Go's net/http, which are daprd's).
package enum HTTPStatusLine {
    /// The status line of an answer without a body.
    static var noContent: StaticString { "HTTP/1.1 204 No Content\r\n" }

    /// Appends `HTTP/1.1 204 No Content CR LF`.
    static func append(_ status: Int, to output: inout [UInt8]) {
        switch status {
        case 200: output.append(utf8: "HTTP/1.1 200 OK\r\n")
        case 204: output.append(utf8: noContent)
        default:
            output.append(utf8: "HTTP/1.1 ")
            output.appendDecimal(status)
            output.append(0x20)
            output.append(utf8: reason(status))
            output.append(utf8: "\r\n")
        }
    }

    /// A whole answer in plain text, as Go's net/http refuses: until the connection ends, without a length or a date.
    static func plainAnswer(_ status: Int, _ text: String) -> [UInt8] {
        var answer: [UInt8] = []
        append(status, to: &answer)
        answer.append(utf8: "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")
        answer.append(contentsOf: text.utf8)
        return answer
    }

    /// The reason of a status.
    package static func reason(_ status: Int) -> StaticString {
        switch status {
        case ..<300: successReason(status)
        case 300..<400: redirectReason(status)
        case 400..<500: clientReason(status)
        default: serverReason(status)
        }
    }

    private static func successReason(_ status: Int) -> StaticString {
        switch status {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 102: "Processing"
        case 103: "Early Hints"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 203: "Non-Authoritative Information"
        case 204: "No Content"
        case 205: "Reset Content"
        case 206: "Partial Content"
        case 207: "Multi-Status"
        default: "Status"
        }
    }

    private static func redirectReason(_ status: Int) -> StaticString {
        switch status {
        case 300: "Multiple Choices"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        default: "Status"
        }
    }

    private static func clientReason(_ status: Int) -> StaticString {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Request Entity Too Large"
        case 414: "Request URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Requested Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Entity"
        case 425: "Too Early"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 451: "Unavailable For Legal Reasons"
        default: "Status"
        }
    }

    private static func serverReason(_ status: Int) -> StaticString {
        switch status {
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        case 511: "Network Authentication Required"
        default: "Status"
        }
    }
}
