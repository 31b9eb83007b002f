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

        func comes(before other: Entry) -> Bool {
            moment == other.moment ? id < other.id : moment < other.moment
        }
    }

    /// The monotonic time; it begins at one second.
    public private(set) var now = Instant(nanoseconds: 1_000_000_000)
    /// The wall clock; it moves with the monotonic one and may be set, as a machine's may.
    public var wallClock: Int64 = 1_700_000_000_000_000_000
    /// A heap, the next one first. What was taken back lies here until it comes to the top.
    private var sleepers: [Entry] = []
    /// What was neither called nor taken back.
    private var waiting: Set<UInt64> = []
    private var participants: [any TurnParticipant] = []
    private var lastID: UInt64 = 0

    /// A turn that goes on for so many rounds never ends: a test's mistake, or a real one.
    public static let maxRounds = 10_000

    /// Makes a clock that stands.
    public init() {}

    /// Wake-ups that are waited for.
    public var pendingWakes: Int { waiting.count }

    /// The moment of the next wake-up.
    public var nextWake: Instant? {
        while let first = sleepers.first, !waiting.contains(first.id) { removeFirst() }
        return sleepers.first?.moment
    }

    /// Asks for a wake-up.
    public func wake(at moment: Instant, _ sleeper: any Sleeper, token: UInt64) -> Wake {
        lastID += 1
        add(Entry(moment: moment, id: lastID, sleeper: sleeper, token: token))
        waiting.insert(lastID)
        return Wake(id: lastID)
    }

    /// Takes a wake-up back.
    public func cancel(_ wake: Wake) { waiting.remove(wake.id) }

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
        while let next = nextWake, next <= end {
            move(to: max(now, next))
            let entry = removeFirst()
            waiting.remove(entry.id)
            entry.sleeper.wake(entry.token)
            runTurn()
        }
        move(to: end)
        runTurn()
    }

    /// Moves the time as for a process that got no processor meanwhile: whatever fell due comes in one turn.
    public func stall(for duration: Duration) {
        move(to: now + duration)
        var due: [Entry] = []
        while let next = nextWake, next <= now { due.append(removeFirst()) }
        // One of them may take another one back.
        for entry in due where waiting.remove(entry.id) != nil { entry.sleeper.wake(entry.token) }
        runTurn()
    }

    private func move(to moment: Instant) {
        wallClock += Int64(clamping: moment.nanoseconds - now.nanoseconds)
        now = moment
    }

    // MARK: The heap

    private func add(_ entry: Entry) {
        var place = sleepers.count
        sleepers.append(entry)
        while place > 0, entry.comes(before: sleepers[(place - 1) / 2]) {
            sleepers.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    @discardableResult
    private func removeFirst() -> Entry {
        sleepers.swapAt(0, sleepers.count - 1)
        let first = sleepers.removeLast()
        var place = 0
        while true {
            var next = 2 * place + 1
            guard next < sleepers.count else { return first }
            if next + 1 < sleepers.count, sleepers[next + 1].comes(before: sleepers[next]) { next += 1 }
            guard sleepers[next].comes(before: sleepers[place]) else { return first }
            sleepers.swapAt(place, next)
            place = next
        }
    }
}
