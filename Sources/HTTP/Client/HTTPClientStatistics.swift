/// What a client counts.
package struct HTTPClientStatistics: Sendable, Equatable {
    /// Connections that were opened.
    package var opened = 0
    /// Requests that were sent for the first time.
    package var requests = 0
    /// Requests that were sent once more because their connection was stale.
    package var resent = 0
    /// Requests that ended without a response.
    package var failures = 0
    /// Requests that were refused because too many waited.
    package var overloaded = 0

    /// Nothing counted yet.
    package init() {}
}
