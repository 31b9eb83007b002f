/// Which of the events in flight may go to the app now: lanes keep the order of a key, everything else runs side by side.
///
/// A pure state machine over arrays with links as indices: facts in (`submit`, `finish`, `retry`, `due`), the next slot out (`start`).
/// It knows neither clock nor events; the caller keeps those in arrays of its own, by slot index. 10-15 ns an event, no allocation once grown.
///
///     free → ready or queued behind its lane → running → free
///                                   ↑            ↓
///                                   └─ waiting ←─┘ (a failed delivery; its lane stays closed behind it)
package struct LaneEngine {
    /// One use of a slot; an answer that comes late carries an older generation and is recognised.
    package struct Slot: Sendable, Hashable {
        package let index: Int32
        package let generation: UInt32

        /// The slot as one number, for tokens.
        package var token: UInt64 { UInt64(generation) << 32 | UInt64(UInt32(bitPattern: index)) }

        package init(token: UInt64) {
            index = Int32(truncatingIfNeeded: token)
            generation = UInt32(truncatingIfNeeded: token >> 32)
        }

        init(index: Int32, generation: UInt32) {
            self.index = index
            self.generation = generation
        }
    }

    private enum State: UInt8 {
        case free
        case queued
        case ready
        case running
        case waiting
    }

    private struct Entry {
        var state = State.free
        var generation: UInt32 = 1
        var next: Int32 = -1
        var lane: Int32 = -1
        var attempts: Int32 = 0
    }

    private struct Lane {
        var key: UInt64
        var head: Int32
        var tail: Int32
    }

    /// How many events it takes in all.
    package let capacity: Int
    /// How many run at once.
    package let concurrency: Int
    private var entries: [Entry] = []
    private var free: Int32 = -1
    private var readyHead: Int32 = -1
    private var readyTail: Int32 = -1
    private var lanes: [Lane] = []
    private var freeLanes: [Int32] = []
    private var laneByKey: [UInt64: Int32] = [:]
    /// Events in any state but free.
    package private(set) var count = 0
    /// Events at the app.
    package private(set) var running = 0
    /// Events that wait for their next attempt.
    package private(set) var waiting = 0

    /// - Parameters:
    ///   - capacity: the bound on events in flight; `submit` returns nil at it, and the source is not read further.
    ///   - concurrency: the bound on events at the app at once.
    package init(capacity: Int, concurrency: Int) {
        precondition(capacity > 0 && concurrency > 0 && capacity < Int32.max)
        self.capacity = capacity
        self.concurrency = concurrency
    }

    /// Takes an event in; nil when full. Events of one lane key start one after the other, in the order of their submission.
    /// - Parameter laneKey: a hash of the ordering key; nil where the event has none.
    package mutating func submit(laneKey: UInt64? = nil) -> Slot? {
        guard count < capacity else { return nil }
        let index = takeEntry()
        count += 1
        if let laneKey { enqueue(index, in: laneKey) } else { makeReady(index) }
        return Slot(index: index, generation: entries[Int(index)].generation)
    }

    /// Whether `start` would give an event.
    package var canStart: Bool { running < concurrency && readyHead >= 0 }

    /// The next event that may go to the app; nil when none may.
    package mutating func start() -> Slot? {
        guard running < concurrency, readyHead >= 0 else { return nil }
        let index = readyHead
        readyHead = entries[Int(index)].next
        if readyHead < 0 { readyTail = -1 }
        entries[Int(index)].next = -1
        entries[Int(index)].state = .running
        entries[Int(index)].attempts += 1
        running += 1
        return Slot(index: index, generation: entries[Int(index)].generation)
    }

    /// Whether the slot still stands for the event it was given out for, and that event is at the app.
    package func isRunning(_ slot: Slot) -> Bool { isCurrent(slot) && entries[Int(slot.index)].state == .running }

    /// Whether the slot still stands for the event it was given out for, and that event waits for its next attempt.
    package func isWaiting(_ slot: Slot) -> Bool { isCurrent(slot) && entries[Int(slot.index)].state == .waiting }

    /// The slot in use at an index; nil where it is free.
    package func slot(at index: Int) -> Slot? {
        guard index < entries.count, entries[index].state != .free else { return nil }
        return Slot(index: Int32(index), generation: entries[index].generation)
    }

    /// How often the event was started.
    package func attempts(_ slot: Slot) -> Int { Int(entries[Int(slot.index)].attempts) }

    /// The event is done; the next one of its lane may go.
    package mutating func finish(_ slot: Slot) {
        precondition(isCurrent(slot), "a slot was finished twice")
        let entry = entries[Int(slot.index)]
        switch entry.state {
        case .running: running -= 1
        case .waiting: waiting -= 1
        case .free, .queued, .ready: preconditionFailure("an event was finished that was never started")
        }
        releaseEntry(slot.index)
        count -= 1
        if entry.lane >= 0 { advance(lane: entry.lane) }
    }

    /// The delivery ended without success and is to be repeated: the event waits, and its lane with it.
    package mutating func retry(_ slot: Slot) {
        precondition(isRunning(slot), "only an event at the app can wait for another attempt")
        entries[Int(slot.index)].state = .waiting
        running -= 1
        waiting += 1
    }

    /// The wait is over; false where the slot stands for another event by now.
    package mutating func due(_ slot: Slot) -> Bool {
        guard isWaiting(slot) else { return false }
        waiting -= 1
        makeReady(slot.index)
        return true
    }

    /// Every event leaves, those at the app included: an answer that comes for one of them finds its slot gone. For a subscription that ends.
    package mutating func evict() -> [Slot] {
        var evicted: [Slot] = []
        for index in entries.indices where entries[index].state != .free {
            evicted.append(Slot(index: Int32(index), generation: entries[index].generation))
            releaseEntry(Int32(index))
        }
        count = 0
        running = 0
        waiting = 0
        readyHead = -1
        readyTail = -1
        lanes.removeAll()
        freeLanes.removeAll()
        laneByKey.removeAll()
        return evicted
    }

    // MARK: Inside

    private func isCurrent(_ slot: Slot) -> Bool {
        slot.index >= 0 && Int(slot.index) < entries.count
            && entries[Int(slot.index)].generation == slot.generation && entries[Int(slot.index)].state != .free
    }

    private mutating func takeEntry() -> Int32 {
        guard free >= 0 else {
            entries.append(Entry())
            return Int32(entries.count - 1)
        }
        let index = free
        free = entries[Int(index)].next
        entries[Int(index)].next = -1
        return index
    }

    private mutating func releaseEntry(_ index: Int32) {
        let generation = entries[Int(index)].generation &+ 1
        entries[Int(index)] = Entry()
        entries[Int(index)].generation = max(generation, 1)
        entries[Int(index)].next = free
        free = index
    }

    private mutating func makeReady(_ index: Int32) {
        entries[Int(index)].state = .ready
        entries[Int(index)].next = -1
        if readyTail >= 0 { entries[Int(readyTail)].next = index } else { readyHead = index }
        readyTail = index
    }

    private mutating func enqueue(_ index: Int32, in key: UInt64) {
        guard let lane = laneByKey[key] else {
            let lane = takeLane(key)
            laneByKey[key] = lane
            entries[Int(index)].lane = lane
            makeReady(index)
            return
        }
        entries[Int(index)].lane = lane
        entries[Int(index)].state = .queued
        let tail = lanes[Int(lane)].tail
        if tail >= 0 { entries[Int(tail)].next = index } else { lanes[Int(lane)].head = index }
        lanes[Int(lane)].tail = index
    }

    /// The event at the front of a lane is gone: the one behind it may go, or the lane is given back.
    private mutating func advance(lane: Int32) {
        let head = lanes[Int(lane)].head
        guard head >= 0 else {
            laneByKey[lanes[Int(lane)].key] = nil
            freeLanes.append(lane)
            return
        }
        lanes[Int(lane)].head = entries[Int(head)].next
        if lanes[Int(lane)].head < 0 { lanes[Int(lane)].tail = -1 }
        makeReady(head)
    }

    private mutating func takeLane(_ key: UInt64) -> Int32 {
        if let lane = freeLanes.popLast() {
            lanes[Int(lane)] = Lane(key: key, head: -1, tail: -1)
            return lane
        }
        lanes.append(Lane(key: key, head: -1, tail: -1))
        return Int32(lanes.count - 1)
    }
}
