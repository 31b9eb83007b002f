internal import Messaging

/// Events that the broker sent to one subscription and that are not done. Pure: facts in, what to do out.
///
/// It outlives channels: when one ends, its events are queued again at the broker. What the app has stays here, and joins its copy when that
/// comes back, so that it is not delivered twice; everything else is dropped, because it comes again.
struct RabbitMQUnsettled {
    private enum State {
        /// Waits for credit, or until it is due again.
        case waiting
        /// With the app.
        case running
    }

    private struct Entry {
        var message: Message
        /// The broker's number for it in this channel; 0 where the broker waits for nothing.
        var tag: UInt64
        /// When the broker sent it.
        var since: Instant
        var state = State.waiting
        var generation: UInt64
    }

    /// Whether the broker takes an event for done when it has sent it (`autoAck`).
    let isAutomatic: Bool
    private var slots: [Entry?] = []
    private var free: [Int] = []
    private var lastGeneration: UInt64 = 0
    /// What the app has and the broker has queued again, by the hash of its body.
    private var orphans: [Int: [Position]] = [:]
    /// Events that wait or are with the app.
    private(set) var count = 0
    /// Their bytes.
    private(set) var bytes = 0

    init(isAutomatic: Bool) { self.isAutomatic = isAutomatic }

    // MARK: Arriving

    /// Takes an event in; `nil` where the app has it already.
    mutating func arrived(_ tag: UInt64, isRedelivered: Bool, _ message: Message, now: Instant) -> Position? {
        if isRedelivered, !orphans.isEmpty, join(tag, message, now) { return nil }
        lastGeneration += 1
        let entry = Entry(
            message: message, tag: isAutomatic ? 0 : tag, since: now, generation: lastGeneration)
        count += 1
        bytes += message.size
        if let index = free.popLast() {
            slots[index] = entry
            return Position(high: lastGeneration, low: UInt64(index))
        }
        slots.append(entry)
        return Position(high: lastGeneration, low: UInt64(slots.count - 1))
    }

    private mutating func join(_ tag: UInt64, _ message: Message, _ now: Instant) -> Bool {
        let hash = message.body.hashValue
        guard var positions = orphans[hash] else { return false }
        guard
            let found = positions.firstIndex(where: {
                guard let entry = entry($0) else { return false }
                return entry.tag == 0 && entry.message.body == message.body
            })
        else { return false }
        let index = Int(positions.remove(at: found).low)
        orphans[hash] = positions.isEmpty ? nil : positions
        slots[index]?.tag = tag
        slots[index]?.since = now
        return true
    }

    // MARK: The app

    /// The event goes to the app; `nil` where it is over.
    mutating func started(_ position: Position) -> Message? {
        guard let entry = entry(position) else { return nil }
        slots[Int(position.low)]?.state = .running
        return entry.message
    }

    /// The app is done with it: the tag to acknowledge, 0 where the broker waits for nothing.
    mutating func acknowledged(_ position: Position) -> UInt64 {
        guard let entry = entry(position) else { return 0 }
        remove(position, entry)
        return entry.tag
    }

    /// The app gives it back; it has failed so often. False where it is not kept: the broker has it queued again.
    mutating func released(_ position: Position, attempts: Int) -> Bool {
        guard let entry = entry(position) else { return false }
        guard entry.tag > 0 || isAutomatic else {
            remove(position, entry)
            return false
        }
        slots[Int(position.low)]?.state = .waiting
        slots[Int(position.low)]?.message.earlierAttempts = attempts
        return true
    }

    /// The lowest tag that the broker waits for; the largest number where there is none.
    var lowestTag: UInt64 {
        var lowest = UInt64.max
        for case .some(let entry) in slots where entry.tag > 0 && entry.tag < lowest { lowest = entry.tag }
        return lowest
    }

    // MARK: The broker

    /// The channel is over: the broker has queued what it waits for again.
    mutating func channelEnded() {
        guard !isAutomatic else { return }
        for index in slots.indices {
            guard let entry = slots[index], entry.tag > 0 || entry.state == .waiting else { continue }
            leave(index, entry)
        }
    }

    /// Tags that the broker has waited for since a moment or longer; they go back to their queue.
    mutating func overdue(since moment: Instant) -> [UInt64] {
        var tags: [UInt64] = []
        for index in slots.indices {
            guard let entry = slots[index], entry.tag > 0, entry.since <= moment else { continue }
            tags.append(entry.tag)
            leave(index, entry)
        }
        return tags
    }

    /// The broker sends it again: to its copy here where the app has it.
    private mutating func leave(_ index: Int, _ entry: Entry) {
        let position = Position(high: entry.generation, low: UInt64(index))
        switch entry.state {
        case .waiting: remove(position, entry)
        case .running:
            slots[index]?.tag = 0
            orphans[entry.message.body.hashValue, default: []].append(position)
        }
    }

    // MARK: Slots

    private func entry(_ position: Position) -> Entry? {
        let index = Int(truncatingIfNeeded: position.low)
        guard slots.indices.contains(index), let entry = slots[index], entry.generation == position.high else {
            return nil
        }
        return entry
    }

    private mutating func remove(_ position: Position, _ entry: Entry) {
        slots[Int(position.low)] = nil
        free.append(Int(position.low))
        count -= 1
        bytes -= entry.message.size
        guard entry.tag == 0, !orphans.isEmpty else { return }
        let hash = entry.message.body.hashValue
        orphans[hash]?.removeAll { $0 == position }
        if orphans[hash]?.isEmpty == true { orphans[hash] = nil }
    }
}
