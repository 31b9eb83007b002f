/// What a server counts.
package struct HTTPServerStatistics: Sendable, Equatable {
    /// Connections that were accepted.
    package var accepted = 0
    /// Connections that were answered with 503, or closed, because too many were open.
    package var turnedAway = 0
    /// Requests that reached the handler.
    package var requests = 0
    /// Heads and bodies that were refused.
    package var refused = 0
    /// Connections that were closed because they were too slow.
    package var timedOut = 0
    /// Requests whose answer came too late: the connection had ended.
    package var unanswered = 0

    /// Nothing counted yet.
    package init() {}
}
