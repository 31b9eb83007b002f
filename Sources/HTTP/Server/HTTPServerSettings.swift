/// The bounds of a server.
package struct HTTPServerSettings: Sendable, Equatable {
    /// What Go's net/http reads and drops behind a handler that stopped reading; beyond it the connection ends with the answer.
    private static let discardedBytes = 256 * 1024

    /// The bounds on one request. A head beyond them is answered with 431 or 400; a body goes to the handler as too large.
    package var message = HTTPLimits()
    /// Open connections. One more is answered with 503 and closed; far beyond that, new ones are closed without a word.
    package var connections = 10_000
    /// Requests of one connection that wait for their answers. Beyond it the connection is not read.
    package var pipelined = 16
    /// Bodies of all connections whose requests are not answered, in bytes. Beyond it a body that grows past 64 KiB is answered with 503 and its
    /// connection ends; smaller ones go on.
    package var heldBytes = 256 * 1024 * 1024
    /// Output of one connection that the kernel has not taken, in bytes. Beyond it the connection is not read, and streams are told to wait.
    package var outputBytes = 256 * 1024
    /// From the first byte of a head (of a new connection: from its start) to its end; then the connection is closed. daprd's value (spec 6.3).
    package var headTimeout = Duration.seconds(10)
    /// For a body, and one second more for each `bodyBytesPerSecond` of it that came; then 408.
    package var bodyTimeout = Duration.seconds(30)
    /// The pace below which a body is too slow, once `bodyTimeout` is over.
    package var bodyBytesPerSecond = 16 * 1024
    /// Between two requests; then the connection is closed.
    package var idleTimeout = Duration.seconds(120)
    /// Without the peer taking a byte of output that waits; then the connection is closed.
    package var writeTimeout = Duration.seconds(30)
    /// How long what the peer still sends is read and dropped before an answered connection is closed: closing on unread bytes resets the
    /// connection, and the reset can overtake the answer (RFC 9112, 9.6).
    package var lingerTimeout = Duration.seconds(1)

    /// The defaults.
    package init() { message.discardedBytes = HTTPServerSettings.discardedBytes }
}
