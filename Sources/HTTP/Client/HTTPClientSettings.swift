/// The bounds of a client.
package struct HTTPClientSettings: Sendable, Equatable {
    /// The bounds on one response.
    package var message: HTTPLimits
    /// Connections to the origin, connecting ones included. Beyond it requests wait.
    package var connections = 64
    /// Requests that wait for a connection. Beyond it they end as `overloaded`.
    package var waiting = 1024
    /// For a connection to be made.
    package var connectTimeout = Duration.seconds(10)
    /// How long a connection is kept without a request. Below what servers usually wait, so that this side closes first.
    package var idleTimeout = Duration.seconds(30)
    /// A connection that was idle for this long may be stale (`HTTPStaleness`).
    package var staleAfter = Duration.seconds(1)
    /// How quickly a stale connection shows itself after a request was written.
    package var staleWithin = Duration.milliseconds(100)

    /// The defaults: heads of 64 KiB, bodies of 4 MiB.
    package init() {
        message = HTTPLimits()
        message.headBytes = 64 * 1024
        message.fields = 256
    }
}
