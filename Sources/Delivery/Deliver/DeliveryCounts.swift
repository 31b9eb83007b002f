/// What a subscription has done since it started.
package struct DeliveryCounts: Sendable, Equatable {
    /// Events that the app took.
    package var delivered = 0
    /// Attempts that ended without success and without a drop.
    package var failedAttempts = 0
    /// Events that are in the dead letter topic, confirmed.
    package var deadLettered = 0
    /// Events that a broker without memory has lost.
    package var lost = 0
    /// Events that left without success, as somebody decided.
    package var dropped: [DropReason: Int] = [:]
}
