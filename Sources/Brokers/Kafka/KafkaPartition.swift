internal import KafkaClient
internal import Messaging

/// A record that is at the app's side or waits for it: what it was, and who has it.
struct KafkaHeld {
    var message: Message
    var holder: ObjectIdentifier
}

/// One partition of ours, or one that was ours while the app has records of it.
final class KafkaPartition {
    /// How a partition stands.
    enum State {
        /// Its records are handed out.
        case active
        /// It is being given away: nothing is handed out, what is done is still committed.
        case leaving
        /// It is not ours.
        case gone
    }

    let id: KafkaPartitionID
    /// Where the group keeps it, and which use of the place it is; both are in every receipt.
    let mark: UInt64
    var state = State.active
    var queue: KafkaQueue?
    var ledger = KafkaLedger<KafkaHeld>()

    init(_ id: KafkaPartitionID, mark: UInt64) {
        self.id = id
        self.mark = mark
    }
}

/// The partitions of a group, found by the mark in a receipt without hashing. Pure.
struct KafkaPartitions {
    private var places: [KafkaPartition?] = []
    private var uses: UInt64 = 0

    /// All of them.
    private(set) var all: [KafkaPartition] = []

    subscript(mark: UInt64) -> KafkaPartition? {
        let place = Int(mark & 0xFFFF_FFFF)
        guard place < places.count, let partition = places[place], partition.mark == mark else { return nil }
        return partition
    }

    func find(_ id: KafkaPartitionID) -> KafkaPartition? {
        all.first { $0.id == id }
    }

    mutating func add(_ id: KafkaPartitionID) -> KafkaPartition {
        uses += 1
        let place = places.firstIndex { $0 == nil } ?? places.count
        let partition = KafkaPartition(id, mark: uses << 32 | UInt64(place))
        if place == places.count { places.append(partition) } else { places[place] = partition }
        all.append(partition)
        return partition
    }

    /// Forgets what is not ours and of which nothing is out.
    mutating func sweep() {
        guard all.contains(where: isOver) else { return }
        for (place, partition) in places.enumerated() {
            guard let partition, isOver(partition) else { continue }
            places[place] = nil
        }
        all.removeAll(where: isOver)
    }

    private func isOver(_ partition: KafkaPartition) -> Bool {
        partition.state == .gone && partition.ledger.outCount == 0
    }
}
