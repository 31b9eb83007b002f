/// Publishes that wait for the broker's confirmation, by tag. Pure: facts in, ended publishes out.
///
/// Tags count from 1 in each channel. The broker confirms one tag, or all up to one; acknowledgements and refusals come mixed and in any order.
/// What came back (`basic.return`) is confirmed like everything else: it has failed all the same.
package struct ConfirmWindow<Waiter> {
    /// How the broker ended a publish.
    package enum Verdict: Sendable, Equatable {
        case stored
        /// No queue takes it: it came back, and was confirmed.
        case returned
        /// The broker says that it could not keep it.
        case refused
    }

    private enum Slot {
        case open(Waiter, isReturned: Bool)
        /// Nobody waits for it any more, the broker has not spoken yet.
        case abandoned
        case ended
    }

    private var slots: [Slot] = []
    /// Slots before this one are over; they are removed a thousand at once.
    private var first = 0
    /// The tag of `slots[0]`.
    private var base: UInt64 = 1
    /// Where the search for what comes back begins: the broker sends them in the order of publishing.
    private var returnCursor: UInt64 = 0
    /// How many publishes wait.
    package private(set) var count = 0

    package init() {}

    /// The next publish is this one's; its tag.
    @discardableResult
    package mutating func append(_ waiter: Waiter) -> UInt64 {
        slots.append(.open(waiter, isReturned: false))
        count += 1
        return base + UInt64(slots.count - 1)
    }

    /// The longest waiting publish.
    package var oldest: Waiter? {
        for index in first..<slots.count {
            if case .open(let waiter, _) = slots[index] { return waiter }
        }
        return nil
    }

    /// The broker speaks of a tag, or of all up to it. False where it was never given to a publish.
    package mutating func confirmed(
        _ tag: UInt64, multiple: Bool, isStored: Bool, into ended: inout [(waiter: Waiter, verdict: Verdict)]
    ) -> Bool {
        // 0 with `multiple` means everything.
        let last = tag == 0 && multiple ? base + UInt64(slots.count) - 1 : tag
        guard last < base + UInt64(slots.count) else { return false }
        // Confirmed before.
        guard last >= base else { return true }
        let target = Int(last - base)
        for index in multiple ? first..<max(first, target + 1) : target..<target + 1 {
            close(index, isStored, &ended)
        }
        advance()
        return true
    }

    private mutating func close(_ index: Int, _ isStored: Bool, _ ended: inout [(waiter: Waiter, verdict: Verdict)]) {
        if case .open(let waiter, let isReturned) = slots[index] {
            ended.append((waiter, !isStored ? .refused : isReturned ? .returned : .stored))
            count -= 1
        }
        slots[index] = .ended
    }

    /// An event came back: the first that waits, has not come back and is the one.
    package mutating func returned(_ isIt: (Waiter) -> Bool) -> Bool {
        let start = returnCursor >= base ? max(first, Int(returnCursor - base)) : first
        return markReturned(start..<slots.count, isIt) || markReturned(first..<min(start, slots.count), isIt)
    }

    private mutating func markReturned(_ range: Range<Int>, _ isIt: (Waiter) -> Bool) -> Bool {
        for index in range {
            guard case .open(let waiter, false) = slots[index], isIt(waiter) else { continue }
            slots[index] = .open(waiter, isReturned: true)
            returnCursor = base + UInt64(index) + 1
            return true
        }
        return false
    }

    /// Takes the longest waiting publishes out that are as said; what the broker says of them later is nobody's concern.
    package mutating func abandon(while isOver: (Waiter) -> Bool) -> [Waiter] {
        var waiters: [Waiter] = []
        for index in first..<slots.count {
            guard case .open(let waiter, _) = slots[index] else { continue }
            guard isOver(waiter) else { break }
            slots[index] = .abandoned
            waiters.append(waiter)
            count -= 1
        }
        return waiters
    }

    /// Empties the window: the channel is over.
    package mutating func removeAll() -> [Waiter] {
        let waiters = slots[first...].compactMap { slot in
            if case .open(let waiter, _) = slot { waiter } else { nil }
        }
        self = ConfirmWindow()
        return waiters
    }

    private mutating func advance() {
        while first < slots.count, case .ended = slots[first] { first += 1 }
        if first == slots.count {
            base += UInt64(first)
            slots.removeAll(keepingCapacity: slots.capacity <= 8_192)
            first = 0
        } else if first >= 1_024 {
            base += UInt64(first)
            slots.removeFirst(first)
            first = 0
        }
    }
}
