/// The packet ids of publishes that wait for the broker. Pure: facts in, what to do out.
///
/// QoS 1 ends with PUBACK. QoS 2 goes PUBREC, PUBREL (ours), PUBCOMP; from PUBREC on the broker has the event.
package struct MQTTPublishWindow<Waiter> {
    /// What an acknowledgement leads to.
    package enum Step {
        /// The publish is over.
        case ended(Waiter)
        /// The broker has it: send PUBREL.
        case release(UInt16)
        /// Nothing that we sent has this id.
        case unknown
    }

    private struct Slot {
        var waiter: Waiter
        var isRecorded = false
        var qos: UInt8
    }

    private var slots: [Slot?] = []
    private var free: [UInt16] = []
    private var firstFree = 0
    /// How many publishes are in flight.
    package private(set) var count = 0
    /// How many may be.
    package let limit: Int

    /// Makes a window for 1 to 65,535 publishes.
    package init(limit: Int) { self.limit = min(max(limit, 1), 65_535) }

    /// Whether no further publish may be sent now.
    package var isFull: Bool { count >= limit }

    /// Takes the id for a publish; `nil` where the window is full. An id that was given back is used again as late as possible.
    package mutating func begin(_ waiter: Waiter, qos: UInt8) -> UInt16? {
        guard !isFull else { return nil }
        count += 1
        let slot = Slot(waiter: waiter, qos: qos)
        guard slots.count >= limit else {
            slots.append(slot)
            return UInt16(slots.count)
        }
        let id = free[firstFree]
        firstFree += 1
        if firstFree >= 256, firstFree * 2 >= free.count {
            free.removeFirst(firstFree)
            firstFree = 0
        }
        slots[Int(id) - 1] = slot
        return id
    }

    /// PUBACK, PUBREC or PUBCOMP came.
    package mutating func received(_ acknowledgement: MQTTAcknowledgement) -> Step {
        let index = Int(acknowledgement.packetID) - 1
        guard slots.indices.contains(index), let slot = slots[index] else { return .unknown }
        switch acknowledgement.kind {
        case .acknowledged: return slot.qos == 1 ? .ended(end(index, slot)) : .unknown
        case .recorded:
            guard slot.qos == 2 else { return .unknown }
            if acknowledgement.reason >= 0x80 { return .ended(end(index, slot)) }
            slots[index]?.isRecorded = true
            return .release(acknowledgement.packetID)
        case .completed: return slot.isRecorded ? .ended(end(index, slot)) : .unknown
        case .release: return .unknown
        }
    }

    private mutating func end(_ index: Int, _ slot: Slot) -> Waiter {
        slots[index] = nil
        free.append(UInt16(index + 1))
        count -= 1
        return slot.waiter
    }

    /// Empties the window: the connection is over.
    package mutating func removeAll() -> [Waiter] {
        let waiters = slots.compactMap { $0?.waiter }
        slots = []
        free = []
        firstFree = 0
        count = 0
        return waiters
    }

    /// Goes over what is in flight.
    package func contains(where isSo: (Waiter) -> Bool) -> Bool {
        count > 0 && slots.contains { $0.map { isSo($0.waiter) } ?? false }
    }
}
