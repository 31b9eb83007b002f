package import Messaging

/// What became of the records of one partition: the state machine behind "commit only past what is finished". Pure.
///
/// Records come in the order of their offsets, with gaps where the log was compacted. Each is *out* (at the app's side), *back* (given back, to go
/// out again at its time) or *finished*. The position is the lowest unfinished record; nothing beyond it is ever committed.
///
/// A partition may be taken away and come back while records are still out. The ledger then goes on: what is still out is not handed out
/// a second time, and neither is what was finished meanwhile; but the position follows what was read since.
package struct KafkaLedger<Held> {
    private enum State {
        case out
        case back(attempts: Int, due: Instant)
        case finished
    }

    private struct Entry {
        let offset: Int64
        var state: State
        var held: Held?
    }

    private var entries: [Entry] = []
    private var head = 0
    /// The offset after the highest one that was read in this assignment.
    private var next: Int64?
    private var committed: Int64?
    private var isFirstRead = true
    /// Records at the app's side.
    package private(set) var outCount = 0
    /// Records that wait for their next time.
    package private(set) var backCount = 0

    package init() {}

    /// Records from the lowest unfinished one on: the bound on a partition counts these.
    package var span: Int { entries.count - head }

    /// Records that are not finished.
    package var unfinished: Int { outCount + backCount }

    /// Whether nothing is noted.
    package var isEmpty: Bool { span == 0 }

    // MARK: Reading

    /// The partition was assigned, for the first time or again: reading starts at the committed position, or where a look-up says.
    /// - Parameter start: where reading starts, where that is known: it is worth a commit.
    package mutating func assign(start: Int64?) {
        // What waited here is read again, and goes out then.
        entries = entries[head...].filter { entry in
            if case .back = entry.state { return false }
            return true
        }
        head = 0
        backCount = 0
        committed = nil
        next = start
        isFirstRead = true
        if let start { drop(below: start) }
    }

    /// A record was read: true where it goes out, false where it is out or finished already.
    package mutating func read(_ offset: Int64, _ held: Held) -> Bool {
        if isFirstRead {
            isFirstRead = false
            // The group stands here: somebody else finished what is below.
            drop(below: offset)
        }
        next = max(next ?? 0, offset + 1)
        let place = place(of: offset)
        if place < entries.count, entries[place].offset == offset {
            prune()
            return false
        }
        let entry = Entry(offset: offset, state: .out, held: held)
        if place == entries.count { entries.append(entry) } else { entries.insert(entry, at: place) }
        outCount += 1
        return true
    }

    // MARK: Settling

    /// A record is done. False where it is not out.
    @discardableResult
    package mutating func finish(_ offset: Int64) -> Bool {
        guard let index = indexOut(offset) else { return false }
        entries[index].state = .finished
        entries[index].held = nil
        outCount -= 1
        prune()
        return true
    }

    /// A record was given back, and goes out again when it is due. False where it is not out.
    @discardableResult
    package mutating func giveBack(_ offset: Int64, attempts: Int, due: Instant) -> Bool {
        guard let index = indexOut(offset) else { return false }
        entries[index].state = .back(attempts: attempts, due: due)
        outCount -= 1
        backCount += 1
        return true
    }

    /// Gives back, due at once, every record that is out and of which something is so: whoever had it is gone.
    package mutating func giveBackAll(due: Instant, where isSo: (Held) -> Bool) {
        for index in head..<entries.count {
            guard case .out = entries[index].state, let held = entries[index].held, isSo(held) else { continue }
            entries[index].state = .back(attempts: 0, due: due)
            outCount -= 1
            backCount += 1
        }
    }

    /// When the first record is due that waits and of which something is so; `nil` where there is none.
    package func due(where isSo: (Held) -> Bool) -> Instant? {
        guard backCount > 0 else { return nil }
        for entry in entries[head...] {
            if case .back(_, let due) = entry.state, let held = entry.held, isSo(held) { return due }
        }
        return nil
    }

    /// The lowest record that is due goes out again.
    /// - Parameter change: notes who gets it now.
    package mutating func takeDue(
        _ now: Instant, _ change: (inout Held) -> Void = { _ in }
    ) -> (offset: Int64, held: Held, attempts: Int)? {
        guard backCount > 0 else { return nil }
        for index in head..<entries.count {
            guard case .back(let attempts, let due) = entries[index].state, due <= now,
                var held = entries[index].held
            else { continue }
            change(&held)
            entries[index].held = held
            entries[index].state = .out
            backCount -= 1
            outCount += 1
            return (entries[index].offset, held, attempts)
        }
        return nil
    }

    /// When the next record is due.
    package var nextDue: Instant? {
        guard backCount > 0 else { return nil }
        var earliest: Instant?
        for entry in entries[head...] {
            if case .back(_, let due) = entry.state { earliest = min(earliest ?? due, due) }
        }
        return earliest
    }

    // MARK: Committing

    /// Where the group stands: the lowest unfinished record, or the one after the last that was read; `nil` while nothing is known.
    package var position: Int64? {
        guard let next else { return nil }
        return head < entries.count ? min(entries[head].offset, next) : next
    }

    /// Whether there is something to commit.
    package var hasCommit: Bool { position.map { $0 > committed ?? -1 } ?? false }

    /// What is to be committed now; it counts as committed until `commitFailed`.
    package mutating func takeCommit() -> Int64? {
        guard hasCommit else { return nil }
        committed = position
        return position
    }

    /// The broker did not take it.
    package mutating func commitFailed() { committed = nil }

    // MARK: Inside

    private mutating func drop(below offset: Int64) {
        while head < entries.count, entries[head].offset < offset {
            switch entries[head].state {
            case .out: outCount -= 1
            case .back: backCount -= 1
            case .finished: break
            }
            head += 1
        }
        compact()
    }

    /// Forgets what is finished below everything else. What is beyond the reading stays, to be recognised when it is read again.
    private mutating func prune() {
        guard let next else { return }
        while head < entries.count, entries[head].offset < next, case .finished = entries[head].state { head += 1 }
        compact()
    }

    private func place(of offset: Int64) -> Int {
        guard let last = entries.last, last.offset >= offset else { return entries.count }
        var low = head
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func indexOut(_ offset: Int64) -> Int? {
        let index = place(of: offset)
        guard index < entries.count, entries[index].offset == offset, case .out = entries[index].state else {
            return nil
        }
        return index
    }

    private mutating func compact() {
        if head == entries.count {
            entries.removeAll(keepingCapacity: head < 4_096)
            head = 0
        } else if head > 64, head * 2 >= entries.count {
            entries.removeFirst(head)
            head = 0
        }
    }
}
