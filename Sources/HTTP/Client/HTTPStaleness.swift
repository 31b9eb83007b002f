/// Whether a request whose connection ended without an answer may be sent once more.
///
/// A server closes a kept connection when it has been idle for too long, and its close may cross a request on the wire. The server then never
/// read the request, but the client cannot tell this from a server that read it and died: both look like an end before the first byte of an
/// answer. Sending it again is nearly always right in the first case and doubles an event in the second. So it is done only where the first
/// case is by far the likelier: the connection was reused after it had been idle for a while (an active one is not closed by an idle timer),
/// and the end came at once (a server that took the request and died took longer). Never twice, and never once a byte of an answer came.
/// A request that was not written yet is always sent again.
package enum HTTPStaleness {
    /// What is known of the request when its connection ends.
    package struct Facts: Sendable {
        /// How long the connection had been idle before the request; `nil` for a new connection.
        package var idle: Duration?
        /// How long ago the request was handed to the kernel; `nil` where it was not.
        package var sinceWritten: Duration?
        /// A byte of an answer came.
        package var wasAnswered: Bool
        /// The request was sent once more already.
        package var wasResent: Bool

        /// Gathers the facts.
        package init(idle: Duration?, sinceWritten: Duration?, wasAnswered: Bool, wasResent: Bool) {
            self.idle = idle
            self.sinceWritten = sinceWritten
            self.wasAnswered = wasAnswered
            self.wasResent = wasResent
        }
    }

    /// Whether to send it once more, on a new connection.
    package static func allowsResending(_ facts: Facts, _ settings: HTTPClientSettings) -> Bool {
        guard !facts.wasAnswered, !facts.wasResent else { return false }
        guard let sinceWritten = facts.sinceWritten else { return true }
        guard let idle = facts.idle else { return false }
        return idle >= settings.staleAfter && sinceWritten <= settings.staleWithin
    }
}
