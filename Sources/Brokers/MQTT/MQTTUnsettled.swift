internal import Messaging

/// Events that the broker sent and that are not done, by packet id and by position. Pure: facts in, what to do out.
///
/// It outlives connections: the broker sends what was not acknowledged again, with the same packet id and marked as a duplicate. What the app has
/// joins its first copy, and what it was done with meanwhile is acknowledged without a second call.
struct MQTTUnsettled {
    enum State {
        /// In a queue, or kept for later.
        case waiting
        /// With the app.
        case running
        /// The app is done, but the connection on which the broker had sent it is gone.
        case done
        /// QoS 2: the broker was told that we have it, and has not said that it knows.
        case recorded
    }

    /// What an arriving event is.
    enum Arrival: Equatable {
        case new
        /// It is here already.
        case known
        /// It is done: acknowledge it on this connection.
        case done
    }

    struct Entry {
        var message: Message
        /// 0 where the broker waits for nothing.
        var packetID: UInt16
        var qos: UInt8
        var epoch: UInt64
        var state = State.waiting
        /// The subscription whose app has it.
        var owner = 0
        var generation: UInt64
        /// Tells the event from others once the message is let go.
        var fingerprint = 0
    }

    private var slots: [Entry?] = []
    private var free: [Int] = []
    /// Slot plus one by packet id; made with the first event that has one.
    private var slotOfID: [Int32] = []
    private var lastGeneration: UInt64 = 0
    /// Counts connections.
    private(set) var epoch: UInt64 = 0
    private var isConnected = false
    /// Events that wait or are with the app.
    private(set) var count = 0
    /// Their bytes.
    private(set) var bytes = 0

    // MARK: Connections

    /// A connection was made. Without a session of before nothing that is here will be sent or acknowledged again.
    mutating func connected(sessionPresent: Bool) {
        epoch += 1
        isConnected = true
        guard !sessionPresent else { return }
        for index in slots.indices {
            guard let entry = slots[index] else { continue }
            switch entry.state {
            case .done, .recorded: remove(index)
            case .waiting, .running: detach(index)
            }
        }
    }

    /// The connection is gone.
    mutating func disconnected() { isConnected = false }

    /// The broker will not hear of it any more.
    private mutating func detach(_ index: Int) {
        guard let id = slots[index]?.packetID, id > 0 else { return }
        slotOfID[Int(id)] = 0
        slots[index]?.packetID = 0
    }

    // MARK: Arriving

    /// What an event of the broker is, before it is added.
    mutating func arriving(packetID: UInt16, isDuplicate: Bool, _ message: Message) -> Arrival {
        guard packetID > 0, !slotOfID.isEmpty, slotOfID[Int(packetID)] > 0 else { return .new }
        let index = Int(slotOfID[Int(packetID)]) - 1
        guard let entry = slots[index] else { return .new }
        // An id that comes with a new event says that the broker is done with the former one.
        guard isDuplicate, isSame(entry, message) else {
            switch entry.state {
            case .done, .recorded: remove(index)
            case .waiting, .running: detach(index)
            }
            return .new
        }
        slots[index]?.epoch = epoch
        switch entry.state {
        case .waiting, .running: return .known
        case .recorded: return .done
        case .done:
            finish(index)
            return .done
        }
    }

    private func isSame(_ entry: Entry, _ message: Message) -> Bool {
        switch entry.state {
        case .waiting, .running: entry.message.topic == message.topic && entry.message.body == message.body
        case .done, .recorded: entry.fingerprint == MQTTUnsettled.fingerprint(message)
        }
    }

    private static func fingerprint(_ message: Message) -> Int {
        var hasher = Hasher()
        hasher.combine(message.topic)
        hasher.combine(message.body)
        return hasher.finalize()
    }

    /// Takes an event in.
    mutating func add(_ message: Message, packetID: UInt16, qos: UInt8) -> Position {
        lastGeneration += 1
        let entry = Entry(
            message: message, packetID: qos > 0 ? packetID : 0, qos: qos, epoch: epoch, generation: lastGeneration)
        let index: Int
        if let last = free.popLast() {
            index = last
            slots[index] = entry
        } else {
            index = slots.count
            slots.append(entry)
        }
        if entry.packetID > 0 {
            if slotOfID.isEmpty { slotOfID = Array(repeating: 0, count: 65_536) }
            slotOfID[Int(packetID)] = Int32(truncatingIfNeeded: index + 1)
        }
        count += 1
        bytes += message.size
        return Position(high: lastGeneration, low: UInt64(index))
    }

    // MARK: The app

    /// The event at a position; `nil` where that is over.
    func message(at position: Position) -> Message? { entry(position)?.message }

    /// The event goes to the app of a subscription.
    mutating func started(_ position: Position, by owner: Int) {
        guard entry(position) != nil else { return }
        slots[Int(position.low)]?.state = .running
        slots[Int(position.low)]?.owner = owner
    }

    /// The app is done with it: the packet to acknowledge now, where there is one.
    mutating func acknowledged(_ position: Position) -> (packetID: UInt16, qos: UInt8)? {
        guard let entry = entry(position) else { return nil }
        let index = Int(position.low)
        guard entry.packetID > 0 else {
            remove(index)
            return nil
        }
        guard isConnected, entry.epoch == epoch else {
            letGo(index, .done)
            return nil
        }
        finish(index)
        return (entry.packetID, entry.qos)
    }

    /// It is acknowledged: forgotten, or with QoS 2 kept until the broker knows.
    private mutating func finish(_ index: Int) {
        guard let entry = slots[index] else { return }
        if entry.qos == 2 { letGo(index, .recorded) } else { remove(index) }
    }

    /// The app gives it back; it has failed so often.
    mutating func released(_ position: Position, attempts: Int) -> Bool {
        guard entry(position) != nil else { return false }
        slots[Int(position.low)]?.state = .waiting
        slots[Int(position.low)]?.message.earlierAttempts = attempts
        return true
    }

    /// What is with the app of a subscription that ended waits again, at new positions and in the order of its arrival: what that app says later
    /// is not for it.
    mutating func takenBack(from owner: Int) -> [Position] {
        let indices = slots.indices.filter { slots[$0].map { $0.state == .running && $0.owner == owner } ?? false }
        return indices.sorted { (slots[$0]?.generation ?? 0) < (slots[$1]?.generation ?? 0) }.map { index in
            lastGeneration += 1
            slots[index]?.state = .waiting
            slots[index]?.generation = lastGeneration
            return Position(high: lastGeneration, low: UInt64(index))
        }
    }

    /// QoS 2: the broker knows, and may use the id for another event.
    mutating func completed(_ packetID: UInt16) {
        guard !slotOfID.isEmpty, slotOfID[Int(packetID)] > 0 else { return }
        let index = Int(slotOfID[Int(packetID)]) - 1
        if slots[index]?.state == .recorded { remove(index) }
    }

    // MARK: Slots

    private func entry(_ position: Position) -> Entry? {
        let index = Int(truncatingIfNeeded: position.low)
        guard slots.indices.contains(index), let entry = slots[index], entry.generation == position.high else {
            return nil
        }
        return entry.state == .waiting || entry.state == .running ? entry : nil
    }

    /// Keeps the packet id, and not the event.
    private mutating func letGo(_ index: Int, _ state: State) {
        guard let entry = slots[index] else { return }
        if entry.state == .waiting || entry.state == .running {
            count -= 1
            bytes -= entry.message.size
            slots[index]?.fingerprint = MQTTUnsettled.fingerprint(entry.message)
            slots[index]?.message = Message(topic: "", body: [])
        }
        slots[index]?.state = state
    }

    private mutating func remove(_ index: Int) {
        guard let entry = slots[index] else { return }
        if entry.state == .waiting || entry.state == .running {
            count -= 1
            bytes -= entry.message.size
        }
        detach(index)
        slots[index] = nil
        free.append(index)
    }
}
