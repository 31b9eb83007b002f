internal import Messaging

/// The entries of one stream that this consumer holds: what the app is at work on, and what waits to be delivered again.
///
/// Pure: no clock, no I/O. The entries are kept in the order of their ids; there are as many as the inlet's credit and
/// `waitingMaximum` allow, so that a sorted array beats a dictionary.
struct RedisHeldEntries {
    /// More waiting entries than this stop the reading of new ones: they are delivered again first.
    static let waitingMaximum = 1_000

    enum State: Equatable {
        /// Handed over and not settled.
        case inFlight
        /// To be claimed and handed over at a moment.
        case waiting(due: Instant)
        /// Asked for by `XCLAIM`, whose reply has not come.
        case claiming
        /// Read, and not handed over yet for want of credit.
        case fetched
    }

    struct Entry: Equatable {
        var id: Position
        var state: State
        /// How many deliveries have failed before.
        var attempts: Int
        /// When Redis last heard that we are at work on it.
        var renewedAt: Instant
        /// It was another consumer's: it is claimed only if it is still idle.
        var isForeign: Bool
        /// After a reconnect false until Redis lists it as ours.
        var isConfirmed: Bool
    }

    private(set) var entries: [Entry] = []
    private(set) var waitingCount = 0

    var isEmpty: Bool { entries.isEmpty }

    /// Whether there is room for more that wait.
    var hasRoom: Bool { waitingCount < RedisHeldEntries.waitingMaximum }

    /// The oldest entry.
    var lowest: Position? { entries.first?.id }

    func contains(_ id: Position) -> Bool { find(id).isThere }

    // MARK: Facts

    /// An entry was read. False where the app is at work on it already.
    mutating func fetched(_ id: Position, now: Instant) -> Bool {
        let (index, isThere) = find(id)
        guard isThere else {
            let entry = Entry(
                id: id, state: .fetched, attempts: 0, renewedAt: now, isForeign: false, isConfirmed: true)
            entries.insert(entry, at: index)
            return true
        }
        guard entries[index].state != .inFlight, entries[index].state != .fetched else { return false }
        leaveWaiting(index)
        entries[index].state = .fetched
        entries[index].renewedAt = now
        entries[index].isForeign = false
        entries[index].isConfirmed = true
        return true
    }

    /// An entry that was read goes to the app; the number of earlier attempts comes back.
    mutating func handedOver(_ id: Position) -> Int {
        let (index, isThere) = find(id)
        guard isThere else { return 0 }
        entries[index].state = .inFlight
        return entries[index].attempts
    }

    /// Entries are done.
    mutating func remove(_ ids: [Position]) {
        // Mostly the oldest ones, in order.
        if ids.count == 1 {
            let (index, isThere) = find(ids[0])
            if isThere {
                leaveWaiting(index)
                entries.remove(at: index)
            }
            return
        }
        var marks = [Bool](repeating: false, count: entries.count)
        for id in ids {
            let (index, isThere) = find(id)
            guard isThere else { continue }
            leaveWaiting(index)
            marks[index] = true
        }
        var kept = 0
        for index in entries.indices where !marks[index] {
            if kept != index { entries[kept] = entries[index] }
            kept += 1
        }
        entries.removeLast(entries.count - kept)
    }

    /// An entry comes back from the app; it is delivered again after a pause. False where it is not held.
    mutating func release(_ id: Position, attempts: Int, due: Instant) -> Bool {
        let (index, isThere) = find(id)
        guard isThere, entries[index].state == .inFlight else { return false }
        entries[index].state = .waiting(due: due)
        entries[index].attempts = max(attempts, entries[index].attempts)
        waitingCount += 1
        return true
    }

    /// Redis lists an entry as pending. One that is held already is confirmed where it is ours.
    mutating func found(_ id: Position, attempts: Int, isForeign: Bool, due: Instant, renewedAt: Instant) {
        let (index, isThere) = find(id)
        if isThere {
            guard !isForeign else { return }
            entries[index].isConfirmed = true
            entries[index].renewedAt = renewedAt
            return
        }
        let entry = Entry(
            id: id, state: .waiting(due: due), attempts: attempts, renewedAt: renewedAt, isForeign: isForeign,
            isConfirmed: true)
        entries.insert(entry, at: index)
        waitingCount += 1
    }

    /// What was being claimed waits again.
    mutating func putOff(_ ids: [Position], due: Instant) {
        for id in ids {
            let (index, isThere) = find(id)
            guard isThere, entries[index].state == .claiming else { continue }
            entries[index].state = .waiting(due: due)
            waitingCount += 1
        }
    }

    /// The connection is lost: nothing is certain until Redis lists it again. What was being claimed waits again, and so
    /// does what was read, because Redis lists it.
    mutating func connectionLost(now: Instant) {
        for index in entries.indices {
            if entries[index].state == .claiming || entries[index].state == .fetched {
                entries[index].state = .waiting(due: now)
                waitingCount += 1
            }
            entries[index].isConfirmed = false
        }
    }

    /// Redis has listed all that is ours: what waits and was not listed is done elsewhere, or another consumer has it.
    mutating func listingEnded() {
        drop { !$0.isConfirmed && $0.state != .inFlight }
    }

    /// The group is new and knows none of what waits: it is read as new.
    mutating func groupRecreated() { drop { $0.state != .inFlight } }

    // MARK: Questions that change the state

    /// Takes out what is due, oldest first; its state is `claiming` then. What lapsed is dropped: it may be another consumer's by now,
    /// and the search for idle entries finds it if it is not.
    mutating func takeDue(now: Instant, limit: Int, isForeign: Bool, lapse: Duration?) -> [Position] {
        guard waitingCount > 0, limit > 0 else { return [] }
        if let lapse { drop { $0.isDue(now) && !$0.isForeign && $0.renewedAt + lapse < now } }
        var ids: [Position] = []
        for index in entries.indices where entries[index].isForeign == isForeign && entries[index].isDue(now) {
            leaveWaiting(index)
            entries[index].state = .claiming
            ids.append(entries[index].id)
            if ids.count == limit { break }
        }
        return ids
    }

    /// Whether something is due.
    func hasDue(now: Instant) -> Bool { waitingCount > 0 && entries.contains { $0.isDue(now) } }

    /// When the next entry is due that is not due now; `nil` where none waits.
    func nextDue(after now: Instant) -> Instant? {
        guard waitingCount > 0 else { return nil }
        var next: Instant?
        for entry in entries where entry.isConfirmed {
            if case .waiting(let due) = entry.state, due > now { next = next.map { min($0, due) } ?? due }
        }
        return next
    }

    /// What Redis must be told about so that no other consumer takes it. What lapsed is left out: it may be another's by now.
    mutating func takeRenewals(now: Instant, after interval: Duration, lapse: Duration) -> [Position] {
        var ids: [Position] = []
        for index in entries.indices {
            let entry = entries[index]
            guard !entry.isForeign, entry.isConfirmed, entry.renewedAt + interval <= now, now < entry.renewedAt + lapse
            else {
                continue
            }
            entries[index].renewedAt = now
            ids.append(entry.id)
        }
        return ids
    }

    /// All ids; nothing is held afterwards.
    mutating func takeAll() -> [Position] {
        let ids = entries.map(\.id)
        self = RedisHeldEntries()
        return ids
    }

    // MARK: Inside

    private func find(_ id: Position) -> (index: Int, isThere: Bool) {
        // New entries come at the end, settled ones are mostly the first.
        guard let first = entries.first, let last = entries.last else { return (0, false) }
        if last.id.precedes(id) { return (entries.count, false) }
        if first.id == id { return (0, true) }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id.precedes(id) { low = middle + 1 } else { high = middle }
        }
        return (low, low < entries.count && entries[low].id == id)
    }

    private mutating func leaveWaiting(_ index: Int) {
        if case .waiting = entries[index].state { waitingCount -= 1 }
    }

    private mutating func drop(where isDropped: (Entry) -> Bool) {
        entries.removeAll(where: isDropped)
        waitingCount = entries.reduce(0) { count, entry in
            if case .waiting = entry.state { return count + 1 }
            return count
        }
    }
}

extension RedisHeldEntries.Entry {
    /// Whether it may be claimed now.
    func isDue(_ now: Instant) -> Bool {
        guard isConfirmed, case .waiting(let due) = state else { return false }
        return due <= now
    }
}
