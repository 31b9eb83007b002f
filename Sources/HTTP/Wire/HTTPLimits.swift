/// The bounds on one message from the other side. At each of them the message is refused with the error that the bound is named after.
package struct HTTPLimits: Sendable, Equatable {
    /// Start line, fields and the empty line, in bytes. daprd's `--read-buffer-size` of 4 KiB and the 4 KiB that Go adds (spec 6.1).
    package var headBytes = 8 * 1024
    /// Fields in a head.
    package var fields = 100
    /// A body in bytes after decoding; daprd's `--max-body-size` (spec 6.1).
    package var bodyBytes = 4 * 1024 * 1024
    /// How much of a body beyond that bound is read and dropped, in bytes, so that the connection can go on. With zero, and beyond it, the
    /// body is refused where it stands.
    package var discardedBytes = 0
    /// The extensions of all chunks of a body together, in bytes.
    package var chunkExtensionBytes = 4 * 1024
    /// All trailers of a body, in bytes. They are checked and then dropped.
    package var trailerBytes = 4 * 1024
    /// Interim (1xx) responses before a final one.
    package var interimResponses = 16

    /// The defaults.
    package init() {}

    /// A larger content length or chunk size than this is malformed, whatever the bound on bodies: 18 digits are never near an overflow.
    static let largestLength = 999_999_999_999_999_999
}
