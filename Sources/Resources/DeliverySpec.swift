/// How the events of one subscription are delivered: its `delivery` block, as it is written in a Subscription and in the app's own list.
///
/// Ours; daprd ignores it. Everything in it is optional, and what is not given is as without the block.
package struct DeliverySpec: Sendable, Equatable {
    /// The waits between attempts.
    package struct Schedule: Sendable, Equatable {
        package var initial: Duration = .milliseconds(500)
        /// What each further wait is multiplied by, in hundredths.
        package var factorPercent = 150
        package var cap: Duration = .seconds(60)
        /// The part of each wait by which it is moved at most, up or down: 0 to 1.
        package var jitter = 0.0

        package init() {}
    }

    /// What an answer means.
    package enum Outcome: String, Sendable, CaseIterable {
        case success
        case retry
        case drop
        case deadLetter
    }

    /// Which events wait for each other.
    package enum Order: String, Sendable, CaseIterable {
        case key
        case none
        case topic
    }

    /// A value that cannot be used. With one of them the subscription is not started: half of what was asked for may lose events.
    package struct Fault: Sendable, Equatable {
        /// Such as `delivery.schedule.initial`.
        package var field: String
        package var line: Int
        package var reason: String
    }

    package var schedule: Schedule?
    /// Attempts in all; nil has no bound.
    package var attempts: Int?
    /// For one call to the app.
    package var deadline: Duration?
    /// By status.
    package var statuses: [Int: Outcome] = [:]
    /// By the first digit of a status.
    package var classes: [Int: Outcome] = [:]
    /// For no answer at all.
    package var noAnswer: Outcome?
    package var honoursRetryAfter = false
    /// Calls to the app at once.
    package var concurrency: Int?
    /// Calls to the app in a second.
    package var rate: Double?
    package var order: Order?
    package var faults: [Fault] = []

    package init() {}

    /// Whether it says how often and when something is tried again.
    package var retries: Bool { schedule != nil || attempts != nil }
}
