public import Messaging

/// Time and turns that move only when a test says so. Confined to the test's task.
///
/// Work of a turn's end runs in `runTurn()` and between the wake-ups of `advance(by:)`, in the order in which it was asked for, until none is left.
public final class ManualScheduler: Scheduler {
    private struct Entry {
        let moment: Instant
        let id: UInt64
        let sleeper: any Sleeper
        let token: UInt64
    }

    /// The monotonic time; it begins at one second.
    public private(set) var now = Instant(nanoseconds: 1_000_000_000)
    /// The wall clock; it moves with the monotonic one and may be set, as a machine's may.
    public var wallClock: Int64 = 1_700_000_000_000_000_000
    private var sleepers: [Entry] = []
    private var participants: [any TurnParticipant] = []
    private var lastID: UInt64 = 0

    /// A turn that goes on for so many rounds never ends: a test's mistake, or a real one.
    public static let maxRounds = 10_000

    /// Makes a clock that stands.
    public init() {}

    /// Wake-ups that are waited for.
    public var pendingWakes: Int { sleepers.count }

    /// The moment of the next wake-up.
    public var nextWake: Instant? { sleepers.map(\.moment).min() }

    /// Asks for a wake-up.
    public func wake(at moment: Instant, _ sleeper: any Sleeper, token: UInt64) -> Wake {
        lastID += 1
        sleepers.append(Entry(moment: moment, id: lastID, sleeper: sleeper, token: token))
        return Wake(id: lastID)
    }

    /// Takes a wake-up back.
    public func cancel(_ wake: Wake) { sleepers.removeAll { $0.id == wake.id } }

    /// Asks for a call at the end of the turn.
    public func atTurnEnd(_ participant: any TurnParticipant) { participants.append(participant) }

    /// Ends the turn: runs what was collected, and what that collects.
    public func runTurn() {
        var rounds = 0
        while !participants.isEmpty {
            rounds += 1
            precondition(rounds <= Self.maxRounds, "a turn does not end")
            let batch = participants
            participants = []
            for participant in batch { participant.turnEnded() }
        }
    }

    /// Moves the time, stops at each wake-up on the way, and ends a turn before and after each.
    public func advance(by duration: Duration) {
        runTurn()
        let end = now + duration
        while let next = sleepers.min(by: { ($0.moment, $0.id) < ($1.moment, $1.id) }), next.moment <= end {
            sleepers.removeAll { $0.id == next.id }
            move(to: max(now, next.moment))
            next.sleeper.wake(next.token)
            runTurn()
        }
        move(to: end)
        runTurn()
    }

    private func move(to moment: Instant) {
        wallClock += Int64(clamping: moment.nanoseconds - now.nanoseconds)
        now = moment
    }
}
