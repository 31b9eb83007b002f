internal import Messaging

/// What one group has taken of its topic, and what of that is settled.
///
/// Ids ascend in the order of publishing. Everything up to `handed` was handed over once, or belongs to another topic; of it the unsettled events
/// are listed, everything else is settled. That keeps the state small however far the settled ones reach beyond one that is not.
/// It is pure: no clock, no bodies. Times are milliseconds of the log's clock.
package struct Claims: Sendable {
    /// No released event waits longer, whatever a file says.
    private static let longestWait = RetrySchedule.standard.milliseconds(afterFailures: .max)

    /// No more events of one group are unsettled at a time, in flight or waiting; at the bound nothing new is handed over.
    package static let maxUnsettled = 16_384

    enum State: UInt8, Sendable {
        case inFlight
        case waiting
        case settled
    }

    struct Entry: Sendable {
        var id: UInt64
        var attempts: Int32
        var member: Int32
        var state: State
    }

    /// Everything up to this id was handed over, or is of another topic.
    package private(set) var handed: UInt64
    /// How many events are in flight or waiting.
    package private(set) var unsettled = 0
    private var lastSettled: UInt64 = 0
    private var entries: [Entry] = []
    private var first = 0
    private var waiting = WaitingQueue()

    /// A group that has settled everything up to an id.
    package init(cursor: UInt64) { handed = cursor }

    /// Whether another new event may be handed over.
    package var hasRoom: Bool { unsettled < Self.maxUnsettled }

    /// Everything up to this id is settled.
    package var cursor: UInt64 { first < entries.count ? entries[first].id - 1 : handed }

    /// When the next waiting event is due.
    package var nextDue: Int64? { waiting.first?.due }

    // MARK: Facts

    /// A new event goes to a member of the group; its id is above `handed`.
    package mutating func handOver(_ id: UInt64, to member: Int32) {
        precondition(id > handed, "events of a group are handed over in order")
        entries.append(Entry(id: id, attempts: 0, member: member, state: .inFlight))
        handed = id
        unsettled += 1
    }

    /// No event of the topic lies between `handed` and this id.
    package mutating func scanned(through id: UInt64) { handed = max(handed, id) }

    /// The event is done for good. `nil` where it is not unsettled, since it was settled before; else how many attempts had failed.
    @discardableResult
    package mutating func acknowledge(_ id: UInt64) -> Int? {
        guard let index = index(of: id), entries[index].state != .settled else { return nil }
        let attempts = Int(entries[index].attempts)
        settle(at: index)
        return attempts
    }

    /// The event was given back and waits until it is due again; `attempts` counts all that have failed, earlier ones included.
    /// `nil` where it is not in flight; else the record to keep.
    package mutating func release(_ id: UInt64, attempts: Int, now: Int64) -> LogFailure? {
        guard let index = index(of: id), entries[index].state == .inFlight else { return nil }
        let earlier = Int(entries[index].attempts)
        let failed = min(max(attempts, earlier), Int(Int32.max))
        // Given back without another attempt, as when a subscription ends: it is not the event's fault.
        let due = now + RetrySchedule.standard.milliseconds(afterFailures: failed > earlier ? failed : 0)
        entries[index].attempts = Int32(failed)
        wait(at: index, until: due)
        return LogFailure(id: id, attempts: failed, due: due)
    }

    /// An event that was taken when it was due goes to a member.
    mutating func assign(_ id: UInt64, to member: Int32) {
        guard let index = index(of: id) else { return }
        entries[index].member = member
    }

    /// A member is gone: what it did not settle is due at once for the others.
    package mutating func abandon(member: Int32, now: Int64) {
        for index in first..<entries.count where entries[index].state == .inFlight && entries[index].member == member {
            wait(at: index, until: now)
        }
    }

    /// How many attempts of an unsettled event have failed.
    func attempts(of id: UInt64) -> Int { index(of: id).map { Int(entries[$0].attempts) } ?? 0 }

    /// The waiting event that is due and has waited longest. It counts as in flight, with nobody until it is assigned.
    package mutating func takeDue(_ now: Int64) -> (id: UInt64, attempts: Int)? {
        while let next = waiting.first, next.due <= now {
            waiting.removeFirst()
            guard let index = index(of: next.id), entries[index].state == .waiting else { continue }
            entries[index].state = .inFlight
            entries[index].member = -1
            return (next.id, Int(entries[index].attempts))
        }
        return nil
    }

    // MARK: Parts

    private mutating func wait(at index: Int, until due: Int64) {
        entries[index].state = .waiting
        waiting.insert(WaitingQueue.Element(due: due, id: entries[index].id))
    }

    private mutating func settle(at index: Int) {
        entries[index].state = .settled
        lastSettled = max(lastSettled, entries[index].id)
        unsettled -= 1
        while first < entries.count, entries[first].state == .settled { first += 1 }
        if first == entries.count {
            entries.removeAll(keepingCapacity: true)
            first = 0
        } else if entries.count > 64, entries.count > unsettled * 4 {
            // One event that stays unsettled must not make the list grow with all that come after it.
            entries.removeAll { $0.state == .settled }
            first = 0
        }
    }

    private func index(of id: UInt64) -> Int? {
        var low = first
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].id == id ? low : nil
    }
}

extension Claims {
    /// What is kept on disk: the cursor, and beyond it what is settled all the same.
    ///
    /// `ahead` is empty in the usual case. Otherwise it is the distance from the cursor to the last event that is settled or has failed, then the distances between the
    /// unsettled ones up to there, each a `Varint`.
    package struct Saved: Sendable, Equatable {
        /// Everything up to here is settled.
        package var cursor: UInt64
        /// What is settled beyond it.
        package var ahead: [UInt8]

        /// Joins both columns.
        package init(cursor: UInt64, ahead: [UInt8] = []) {
            self.cursor = cursor
            self.ahead = ahead
        }

        /// Everything up to `through` is settled, but for these ids in ascending order. `nil` where the bytes are damaged.
        func reach() -> (through: UInt64, unsettled: [UInt64])? {
            var rest = ahead[...]
            guard !rest.isEmpty else { return (cursor, []) }
            guard let distance = Varint.take(from: &rest), distance <= UInt64.max - cursor else { return nil }
            var last = cursor
            var unsettled: [UInt64] = []
            while !rest.isEmpty {
                guard let step = Varint.take(from: &rest), step > 0, step <= cursor + distance - last else {
                    return nil
                }
                last += step
                unsettled.append(last)
            }
            return (cursor + distance, unsettled)
        }
    }

    /// The state to be kept. What is in flight counts as unsettled: after a crash it comes again.
    package var saved: Saved {
        let cursor = cursor
        var end = entries.count
        // Events after the last one that is settled or has failed need no mention: they are found again as new ones.
        while end > first, entries[end - 1].id > lastSettled, entries[end - 1].attempts == 0 { end -= 1 }
        guard end > first else { return Saved(cursor: cursor) }
        let through = end < entries.count ? entries[end].id - 1 : handed
        var ahead: [UInt8] = []
        Varint.append(through - cursor, to: &ahead)
        var last = cursor
        for entry in entries[first..<end] where entry.state != .settled {
            Varint.append(entry.id - last, to: &ahead)
            last = entry.id
        }
        return Saved(cursor: cursor, ahead: ahead)
    }

    /// The state after a restart: what is unsettled is due now, or when its record says. `nil` where the bytes are damaged.
    package init?(_ saved: Saved, failed: [LogFailure], now: Int64) {
        guard let reach = saved.reach() else { return nil }
        self.init(cursor: reach.through)
        lastSettled = handed
        entries = reach.unsettled.map { Entry(id: $0, attempts: 0, member: -1, state: .inFlight) }
        unsettled = entries.count
        var records = failed[...]
        for index in entries.indices {
            while let record = records.first, record.id < entries[index].id { records.removeFirst() }
            let record = records.first.flatMap { $0.id == entries[index].id ? $0 : nil }
            entries[index].attempts = Int32(clamping: record?.attempts ?? 0)
            // A clock that was set back must not keep an event for longer than the schedule ever would.
            wait(at: index, until: min(record?.due ?? now, now + Claims.longestWait))
        }
    }
}
