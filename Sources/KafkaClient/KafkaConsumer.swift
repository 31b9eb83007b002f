internal import CRDKafka
package import Loop
internal import Messaging

/// Who decides what becomes of partitions. Confined to the shard.
package protocol KafkaConsumerOwner: AnyObject {
    /// These partitions are ours from now on.
    func assigned(_ queues: [KafkaQueue])
    /// These are to be given away: stop handing out, commit what is done, then call `release()`, once. Where they are lost
    /// already, somebody else may have them: neither wait nor commit.
    func revoking(_ partitions: [KafkaPartitionID], areLost: Bool)
    /// A commit ended; the offsets that were not taken have a failure.
    func committed(_ offsets: [(id: KafkaPartitionID, offset: Int64, failure: KafkaFailure?)])
    /// Queues may have records.
    func recordsMayBeThere()
    /// Something that a user may have to look at.
    func consumerFailed(_ failure: KafkaFailure)
    /// The token is missing or ends soon: `set(token:)` is waited for.
    func tokenWanted()
}

/// One member of a consumer group. It gives partitions out as queues, and away only when its owner has finished with them. Confined to its shard.
///
/// When members come and go, all partitions are given away and dealt out again (eager), or only those that move (cooperative), as the
/// group's way of dealing them out has it.
@safe package final class KafkaConsumer {
    /// How long a look-up of positions may take before it is tried again.
    static let positionsLimit: Duration = .seconds(5)
    static let positionsPause: Duration = .milliseconds(500)

    private enum Answer {
        case assign
        case revoke
    }

    private let loop: EventLoop
    private let startsAtNewest: Bool
    /// Whether only partitions that move are given away.
    package let isCooperative: Bool
    private var hasSubscribed = false
    /// Whether the group has dealt partitions out to this member, be it none.
    private var hasAssignment = false
    private weak var owner: (any KafkaConsumerOwner)?
    private var handle: KafkaHandle?
    private var queues: [KafkaPartitionID: KafkaQueue] = [:]
    /// The partitions of the rebalance that waits for its answer.
    private var pending: (Answer, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>)?
    /// Counts rebalances: a look-up that was made for an earlier one is not for this.
    private var generation: UInt64 = 0
    private var isClosing = false
    /// What the library said last about a broker.
    private(set) package var latestTrouble: KafkaFailure?

    /// Makes a consumer without topics.
    /// - Parameter startsAtNewest: a partition in which the group has no position yet is read from its end as it is at the assignment.
    package init(
        _ properties: KafkaProperties, startsAtNewest: Bool, on loop: EventLoop, owner: any KafkaConsumerOwner
    ) throws(KafkaFailure) {
        self.loop = loop
        self.owner = owner
        self.startsAtNewest = startsAtNewest
        isCooperative = properties["partition.assignment.strategy"] == "cooperative-sticky"
        let events =
            RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR
            | RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH
        handle = try KafkaHandle(
            RD_KAFKA_CONSUMER, properties, events: events, on: loop, owner: self)
    }

    deinit { close() }

    // MARK: Topics

    /// Sets the topics. The group is rebalanced; none means that it is left.
    package func subscribe(to topics: [String]) throws(KafkaFailure) {
        guard let handle, !isClosing else { return }
        var error = RD_KAFKA_RESP_ERR_NO_ERROR
        if topics.isEmpty {
            error = unsafe rd_kafka_unsubscribe(handle.rk)
        } else if let list = unsafe rd_kafka_topic_partition_list_new(Int32(topics.count)) {
            for topic in topics { unsafe rd_kafka_topic_partition_list_add(list, topic, RD_KAFKA_PARTITION_UA) }
            hasSubscribed = true
            error = unsafe rd_kafka_subscribe(handle.rk, list)
            unsafe rd_kafka_topic_partition_list_destroy(list)
        }
        if error != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaFailure(error) }
    }

    /// Shows this token to brokers from now on.
    package func set(token: KafkaToken) throws(KafkaFailure) { try handle?.set(token) }

    /// There is no token now, for this reason.
    package func noToken(_ reason: String) { handle?.noToken(reason) }

    // MARK: Offsets

    /// Commits: each offset is the next one that the group shall read. `committed` tells the end.
    package func commit(_ offsets: [(id: KafkaPartitionID, offset: Int64)]) {
        guard let handle, !offsets.isEmpty,
            let list = unsafe rd_kafka_topic_partition_list_new(Int32(offsets.count))
        else { return }
        for (id, offset) in offsets {
            unsafe rd_kafka_topic_partition_list_add(list, id.topic, id.number).pointee.offset = offset
        }
        let error = unsafe rd_kafka_commit_queue(handle.rk, list, handle.queue, nil, nil)
        unsafe rd_kafka_topic_partition_list_destroy(list)
        if error != RD_KAFKA_RESP_ERR_NO_ERROR {
            owner?.committed(offsets.map { ($0.id, $0.offset, KafkaFailure(error)) })
        }
    }

    // MARK: Rebalances

    private func rebalance(_ event: OpaquePointer) {
        guard let handle, let list = unsafe rd_kafka_event_topic_partition_list(event) else { return }
        dropPending()
        switch unsafe rd_kafka_event_error(event) {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            hasAssignment = true
            guard !isClosing, let copy = unsafe rd_kafka_topic_partition_list_copy(list) else {
                unsafe rd_kafka_assign(handle.rk, nil)
                return
            }
            unsafe pending = (.assign, copy)
            if startsAtNewest, unsafe copy.pointee.cnt > 0 { lookUpPositions() } else { assign() }
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            guard let copy = unsafe rd_kafka_topic_partition_list_copy(list) else { return }
            unsafe pending = (.revoke, copy)
            let partitions = unsafe KafkaConsumer.partitions(copy)
            let areLost = unsafe rd_kafka_assignment_lost(handle.rk) != 0
            for id in partitions { queues[id]?.close() }
            guard let owner else { return release() }
            owner.revoking(partitions, areLost: areLost)
        default:
            // The rebalance went wrong; another one follows.
            let lost = Array(queues.keys)
            for queue in queues.values { queue.close() }
            queues = [:]
            unsafe rd_kafka_assign(handle.rk, nil)
            if !lost.isEmpty { owner?.revoking(lost, areLost: true) }
        }
    }

    /// Asks where the group stands before the first record is read, and again until there is an answer.
    private func lookUpPositions() {
        guard let handle, let (answer, list) = unsafe pending, answer == .assign,
            let copy = unsafe rd_kafka_topic_partition_list_copy(list)
        else { return }
        let positions = unsafe KafkaPositions(copy)
        let generation = generation
        let limit = Int32(clamping: KafkaConsumer.positionsLimit.wholeNanoseconds / 1_000_000)
        handle.blocking("kafka-positions") { reference in
            unsafe martlet_kafka_seek_newest(reference.pointer, positions.list, limit)
        } then: { [weak self] error in
            self?.positionsCame(positions, generation, error)
        }
    }

    private func positionsCame(
        _ positions: KafkaPositions, _ generation: UInt64, _ error: rd_kafka_resp_err_t
    ) {
        // Meanwhile the rebalance may have been answered, by a close.
        guard generation == self.generation, handle != nil, let (_, list) = unsafe pending else { return }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            owner?.consumerFailed(KafkaFailure(error, "looking up positions: \(KafkaFailure.text(of: error))"))
            _ = loop.wake(at: loop.now + KafkaConsumer.positionsPause, self, token: 0)
            return
        }
        for index in unsafe 0..<Int(list.pointee.cnt) {
            unsafe list.pointee.elems[index].offset = positions.list.pointee.elems[index].offset
        }
        assign()
    }

    private func assign() {
        guard let handle, let (_, list) = unsafe pending.take() else { return }
        var fresh: [KafkaQueue] = []
        for index in unsafe 0..<Int(list.pointee.cnt) {
            let item = unsafe list.pointee.elems[index]
            let id = unsafe KafkaPartitionID(topic: String(cString: item.topic), number: item.partition)
            let start = unsafe item.offset >= 0 ? item.offset : nil
            let queue = KafkaQueue(id, start: start, handle)
            queues[id] = queue
            fresh.append(queue)
        }
        if isCooperative {
            unsafe tell(rd_kafka_incremental_assign(handle.rk, list))
        } else {
            unsafe rd_kafka_assign(handle.rk, list)
        }
        unsafe rd_kafka_topic_partition_list_destroy(list)
        owner?.assigned(fresh)
        // What came before the queue was set apart has told nobody.
        handle.wakeAgain()
    }

    /// Answers a rebalance: the partitions are given away. Nothing happens where none waits.
    package func release() {
        guard let handle, let (answer, list) = unsafe pending, answer == .revoke else { return }
        unsafe pending = nil
        for id in unsafe KafkaConsumer.partitions(list) { queues.removeValue(forKey: id)?.close() }
        if isCooperative {
            unsafe tell(rd_kafka_incremental_unassign(handle.rk, list))
        } else {
            unsafe rd_kafka_assign(handle.rk, nil)
        }
        unsafe rd_kafka_topic_partition_list_destroy(list)
    }

    private func tell(_ error: OpaquePointer?) {
        guard let error = unsafe error else { return }
        let text = unsafe rd_kafka_error_string(error).map { unsafe String(cString: $0) }
        let failure = unsafe KafkaFailure(rd_kafka_error_code(error), text)
        unsafe rd_kafka_error_destroy(error)
        owner?.consumerFailed(failure)
    }

    private func dropPending() {
        generation += 1
        guard let (_, list) = unsafe pending.take() else { return }
        unsafe rd_kafka_topic_partition_list_destroy(list)
    }

    private static func partitions(
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    ) -> [KafkaPartitionID] {
        unsafe (0..<Int(list.pointee.cnt)).map { index in
            let item = unsafe list.pointee.elems[index]
            return unsafe KafkaPartitionID(topic: String(cString: item.topic), number: item.partition)
        }
    }

    // MARK: The end

    /// Leaves the group, for so long at most; the broker finds out by itself otherwise. The owner is asked to give its partitions away.
    package func finish(within limit: Duration) async {
        guard let handle, !isClosing else { return }
        let deadline = loop.now + limit
        while isJoining, loop.now + .seconds(1) < deadline, !Task.isCancelled {
            try? await loop.sleep(for: .milliseconds(2))
            handle.serve()
        }
        guard self.handle != nil else { return }
        // An answer that comes after the library was told to close is none to it.
        if unsafe pending?.0 == .assign { assign() }
        isClosing = true
        if let error = unsafe rd_kafka_consumer_close_queue(handle.rk, handle.queue) {
            unsafe rd_kafka_error_destroy(error)
        } else {
            while unsafe rd_kafka_consumer_closed(handle.rk) == 0, loop.now < deadline, !Task.isCancelled {
                try? await loop.sleep(for: .milliseconds(2))
                handle.serve()
            }
        }
        close()
    }

    /// Ends at once, without leaving the group.
    package func close() {
        guard let handle = handle.take() else { return }
        isClosing = true
        dropPending()
        for queue in queues.values { queue.close() }
        queues = [:]
        if mayAbort {
            unsafe rd_kafka_unsubscribe(handle.rk)
            handle.abandon()
        } else {
            handle.close()
        }
    }

    /// librdkafka 2.0 aborts the process when a member with the sticky way of dealing partitions out is destroyed between its joining of
    /// the group and its first assignment (librdkafka#4312). Where none has come, it only leaves the group, and its threads stay.
    private var mayAbort: Bool { isCooperative && hasSubscribed && !hasAssignment }

    /// Whether the group knows the member, and has given it nothing yet: that is worth a wait.
    private var isJoining: Bool {
        guard mayAbort, let handle, let id = unsafe rd_kafka_memberid(handle.rk) else { return false }
        defer { unsafe rd_kafka_mem_free(handle.rk, id) }
        return unsafe id.pointee != 0
    }
}

/// Positions that are looked up on another thread, which alone has them meanwhile.
@safe private final class KafkaPositions: @unchecked Sendable {
    let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(_ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) { unsafe self.list = list }

    deinit { unsafe rd_kafka_topic_partition_list_destroy(list) }
}

extension KafkaConsumer: KafkaHandleOwner {
    func received(_ event: OpaquePointer, type: Int32) {
        switch type {
        case RD_KAFKA_EVENT_REBALANCE: unsafe rebalance(event)
        case RD_KAFKA_EVENT_OFFSET_COMMIT: unsafe commitEnded(event)
        case RD_KAFKA_EVENT_FETCH:
            guard let (id, record) = unsafe KafkaQueue.stray(of: event) else { return }
            queues[id]?.add(stray: record)
        case RD_KAFKA_EVENT_ERROR:
            let error = unsafe rd_kafka_event_error(event)
            let text = unsafe rd_kafka_event_error_string(event).map { unsafe String(cString: $0) }
            let failure = KafkaFailure(error, text)
            latestTrouble = failure
            owner?.consumerFailed(failure)
        case RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH: owner?.tokenWanted()
        default: break
        }
    }

    private func commitEnded(_ event: OpaquePointer) {
        let error = unsafe rd_kafka_event_error(event)
        guard let list = unsafe rd_kafka_event_topic_partition_list(event) else { return }
        var ended: [(id: KafkaPartitionID, offset: Int64, failure: KafkaFailure?)] = []
        for index in unsafe 0..<Int(list.pointee.cnt) {
            let item = unsafe list.pointee.elems[index]
            let failure = unsafe error != RD_KAFKA_RESP_ERR_NO_ERROR ? error : item.err
            let id = unsafe KafkaPartitionID(topic: String(cString: item.topic), number: item.partition)
            unsafe ended.append(
                (id, item.offset, failure == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaFailure(failure)))
        }
        owner?.committed(ended)
    }

    func woken() { owner?.recordsMayBeThere() }
}

extension KafkaConsumer: Sleeper {
    package func wake(_ token: UInt64) { lookUpPositions() }
}
