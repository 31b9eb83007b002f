package import Messaging

/// Which collected events of one subscription go to the app together, and when (spec 1.6, "Bulk subscribe").
///
/// A pure state machine: facts in (`add`, `callEnded`, `flush`), the next batch out (`next`), no clock and no I/O. A window opens with the
/// first event that waits and closes when it is full or due; its events then go by route, one batch for each, in the order in which they came.
/// While as many batches are at the app as may be, a window stays open, so that a slow app gets fuller batches.
package struct BulkWindow {
    /// The bounds of one subscription's batches.
    package struct Limits: Sendable, Equatable {
        /// Events of one window.
        package var count: Int
        /// How long the first event of a window waits for others.
        package var wait: Duration
        /// Bytes of the events of one window; an event larger than that goes alone.
        package var bytes: Int
        /// Batches at the app at once.
        package var calls: Int

        package init(count: Int, wait: Duration, bytes: Int = 4 << 20, calls: Int) {
            self.count = count
            self.wait = wait
            self.bytes = bytes
            self.calls = calls
        }
    }

    /// Events that go to one path in one call.
    package struct Batch: Equatable {
        package let target: [UInt8]
        package fileprivate(set) var slots: [LaneEngine.Slot]
    }

    private struct Waiting {
        let slot: LaneEngine.Slot
        let target: [UInt8]
        let size: Int
        let due: Instant
    }

    private let limits: Limits
    /// Events in the order in which they came; those before `first` are gone.
    private var waiting: [Waiting] = []
    private var first = 0
    private var bytes = 0
    /// Batches of closed windows for which no call was free.
    private var closed: [Batch] = []
    /// When the first of those that wait has waited enough.
    private var due: Instant?
    private var isFlushing = false
    /// Batches at the app.
    package private(set) var calls = 0

    package init(_ limits: Limits) {
        precondition(limits.count > 0 && limits.calls > 0 && limits.bytes > 0)
        self.limits = limits
    }

    /// Events that wait to be sent.
    package var count: Int { waiting.count - first + closed.reduce(0) { $0 + $1.slots.count } }

    /// When `next` is to be asked again although nothing else happens; nil where only a fact can change its answer.
    package var wakeAt: Instant? {
        calls < limits.calls ? due : nil
    }

    /// How long an event waits that was at the app before: those of its batch that failed with it come in the same moment.
    private static let secondWait: Duration = .milliseconds(1)

    /// An event is ready for the app.
    /// - Parameter isUrgent: whether it has waited enough, because it was at the app before.
    package mutating func add(
        _ slot: LaneEngine.Slot, target: [UInt8], size: Int, at now: Instant, isUrgent: Bool = false
    ) {
        let end = now + (isUrgent ? min(limits.wait, BulkWindow.secondWait) : limits.wait)
        waiting.append(Waiting(slot: slot, target: target, size: size, due: end))
        bytes += size
        due = min(due ?? end, end)
    }

    /// The next batch that goes now; nil when none does.
    package mutating func next(at now: Instant) -> Batch? {
        guard calls < limits.calls else { return nil }
        if closed.isEmpty, first < waiting.count, isDue(at: now) { close() }
        guard !closed.isEmpty else { return nil }
        calls += 1
        return closed.removeFirst()
    }

    /// The app answered a batch, or will not.
    package mutating func callEnded() {
        precondition(calls > 0, "a batch was answered that was not at the app")
        calls -= 1
    }

    /// From now on nothing waits for others any more.
    package mutating func flush() { isFlushing = true }

    /// Forgets what waits; batches at the app stay counted.
    package mutating func removeAll() {
        waiting = []
        first = 0
        bytes = 0
        closed = []
        due = nil
    }

    private func isDue(at now: Instant) -> Bool {
        isFlushing || waiting.count - first >= limits.count || bytes >= limits.bytes || due.map { $0 <= now } ?? false
    }

    /// Takes the events of one window and sorts them by route.
    private mutating func close() {
        var taken = 0
        var takenBytes = 0
        while first < waiting.count, taken < limits.count {
            let event = waiting[first]
            if taken > 0, takenBytes + event.size > limits.bytes { break }
            first += 1
            taken += 1
            takenBytes += event.size
            if let index = closed.firstIndex(where: { $0.target == event.target }) {
                closed[index].slots.append(event.slot)
            } else {
                closed.append(Batch(target: event.target, slots: [event.slot]))
            }
        }
        bytes -= takenBytes
        due = waiting[first...].map(\.due).min()
        // Under a load that never lets the window run empty, what is gone must not pile up.
        guard first == waiting.count || first >= 1024 else { return }
        waiting.removeFirst(first)
        first = 0
    }
}
