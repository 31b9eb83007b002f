import Messaging

/// One topic at the broker, with one group. It outlives every connection and every process.
final class SimulatedTopic {
    /// Where an event stands for the group.
    enum State: UInt8 {
        case waiting
        case handedOver
        case acknowledged
        /// A broker that keeps nothing has let it go.
        case gone
    }

    struct Entry {
        let event: Int
        let kind: EventKind
        /// When it expires, in nanoseconds since 1970.
        let expiration: Int64?
        let isPoison: Bool
        let body: [UInt8]
        let metadata: Metadata
        let key: [UInt8]
        let keyNumber: Int
        var state = State.waiting
        var attempts = 0
        /// The newest delivery of it.
        var delivery = -1
    }

    let number: Int
    var entries: [Entry] = []
    /// Places of events that wait, the next one first.
    var waiting: [Int] = []
    /// Events that are neither acknowledged nor gone.
    var outstanding = 0

    init(_ number: Int) { self.number = number }

    func store(_ entry: Entry, isTaken: Bool) {
        entries.append(entry)
        guard isTaken else {
            entries[entries.count - 1].state = .gone
            return
        }
        waiting.append(entries.count - 1)
        outstanding += 1
    }

    /// The event comes again, in its old place.
    func requeue(_ place: Int) {
        guard entries[place].state == .handedOver else { return }
        entries[place].state = .waiting
        let index = waiting.firstIndex { $0 > place } ?? waiting.count
        waiting.insert(place, at: index)
    }

    func acknowledge(_ place: Int) {
        let state = entries[place].state
        guard state == .handedOver || state == .waiting else { return }
        if state == .waiting { waiting.removeAll { $0 == place } }
        entries[place].state = .acknowledged
        outstanding -= 1
    }

    /// A broker that keeps nothing lets it go.
    func forget(_ place: Int) {
        guard entries[place].state == .handedOver || entries[place].state == .waiting else { return }
        entries[place].state = .gone
        outstanding -= 1
    }
}
