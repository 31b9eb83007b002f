/// Giving partitions away: the app finishes what it has of them, the positions are written down, and only then the group goes on. Pure.
///
/// Facts in, what is to be done next out. The group of the broker waits meanwhile, so that what was finished here is never read elsewhere a second time:
/// only what the app does not finish within the limit, or what the broker does not take within another, comes again.
package struct KafkaHandover {
    /// Where it stands.
    package enum State: Sendable {
        /// Nothing is being given away.
        case idle
        /// The app has records of what is to be given away.
        case finishing
        /// The positions are on their way to the broker.
        case committing
    }

    /// What is to be done next.
    package enum Action: Sendable {
        /// Nothing but to wait.
        case wait
        /// Write down the positions of what is given away; then tell `committed`.
        case commit
        /// The same, a moment later: the broker did not take them.
        case commitSoon
        /// Tell the group that it may go on.
        case giveAway
    }

    package private(set) var state = State.idle

    package init() {}

    /// Partitions are to be given away, of which so many records are at the app.
    /// - Parameter areLost: somebody else may have them already: there is nothing to wait for, and nothing to write down.
    package mutating func begin(out: Int, areLost: Bool) -> Action {
        guard !areLost else {
            state = .idle
            return .giveAway
        }
        state = .finishing
        return settled(out: out)
    }

    /// Records were settled; so many are still at the app.
    package mutating func settled(out: Int) -> Action {
        guard state == .finishing, out == 0 else { return .wait }
        state = .committing
        return .commit
    }

    /// The app took too long: what is finished is written down, the rest comes again elsewhere.
    package mutating func finishingTookTooLong() -> Action {
        guard state == .finishing else { return .wait }
        state = .committing
        return .commit
    }

    /// Commits ended.
    /// - Parameters:
    ///   - underWay: those that have not.
    ///   - isComplete: whether the broker has the positions of everything that is given away, or will never take them.
    package mutating func committed(underWay: Int, isComplete: Bool) -> Action {
        guard state == .committing, underWay == 0 else { return .wait }
        guard isComplete else { return .commitSoon }
        state = .idle
        return .giveAway
    }

    /// The broker took too long.
    package mutating func committingTookTooLong() -> Action {
        guard state == .committing else { return .wait }
        state = .idle
        return .giveAway
    }
}
