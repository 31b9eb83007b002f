internal import CUV

/// What the operating system or libuv refused.
package struct LoopError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was being done, as a gerund.
    package var action: String
    /// libuv's number: a negated errno, or one of its own.
    package var code: Int32
    /// libuv's words.
    package var reason: String

    init(_ action: String, code: Int32) {
        self.action = action
        self.code = code
        reason = LoopError.text(of: code)
    }

    /// A socket's path that the system cannot hold.
    static func overlong(_ action: String) -> LoopError {
        var error = LoopError(action, code: UV_ENAMETOOLONG.rawValue)
        error.reason = "the path of a socket may have \(Endpoint.pathLimit) bytes; choose a shorter directory"
        return error
    }

    package var description: String { "\(action): \(reason) (\(code))" }

    static func text(of code: Int32) -> String {
        guard let text = unsafe uv_strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
