internal import CRDKafka
package import Loop
internal import Messaging

/// Sends records, and tells each one's end once. Confined to its shard.
///
/// What comes while reports are outstanding waits and goes out as the next batch: one request for many records, and no thread that spins.
@safe package final class KafkaProducer {
    /// Records that the library or this queue holds, before `isFull`.
    package static let recordsMaximum = 100_000
    /// Their bytes.
    package static let bytesMaximum = 64 << 20
    /// How many records one batch hands over.
    static let batchMaximum = 10_000
    /// After so long the next batch goes although a report is missing: a partition without a leader must not hold up the others.
    static let patience: Duration = .milliseconds(20)
    /// Handles of topics that are kept; when there are more, all are forgotten.
    static let topicsMaximum = 1_000

    private let loop: EventLoop
    private weak var owner: (any KafkaProducerOwner)?
    private var handle: KafkaHandle?
    private var topics: [String: KafkaTopic] = [:]
    private var waiting: [KafkaOutgoing] = []
    private var first = 0
    private var waitingBytes = 0
    private var ended: [(UInt32, KafkaReport)] = []
    private var gateOpensAt = Instant(nanoseconds: 0)
    private var gateWake = Wake.none
    /// Records that the library holds.
    private var underWay = 0
    /// What the library said last about a broker, for errors that only say that none is there.
    private(set) package var latestTrouble: KafkaFailure?

    /// Makes a producer, which connects by itself. Wrong properties throw.
    package init(
        _ properties: KafkaProperties, on loop: EventLoop, owner: any KafkaProducerOwner
    ) throws(KafkaFailure) {
        self.loop = loop
        self.owner = owner
        handle = try KafkaHandle(
            RD_KAFKA_PRODUCER, properties,
            events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH, on: loop,
            owner: self)
    }

    deinit { close() }

    /// Records without a report.
    package var outstanding: Int { waiting.count - first + underWay + ended.count }

    /// Whether a bound is reached: the owner refuses.
    package var isFull: Bool {
        outstanding >= KafkaProducer.recordsMaximum || waitingBytes >= KafkaProducer.bytesMaximum
    }

    /// Shows this token to brokers from now on.
    package func set(token: KafkaToken) throws(KafkaFailure) { try handle?.set(token) }

    /// There is no token now, for this reason.
    package func noToken(_ reason: String) { handle?.noToken(reason) }

    // MARK: Asking

    /// Asks the cluster a question: whether it answers, or how many partitions a topic has, which makes the topic where brokers allow it.
    /// - Returns: the number of partitions; 0 while the topic is not there, with what the broker says.
    package func partitions(of topic: String?, within limit: Duration) async throws(KafkaFailure) -> Int {
        guard let handle else { throw KafkaFailure(.unavailable, "the producer is closed") }
        let milliseconds = Int32(clamping: limit.wholeNanoseconds / 1_000_000)
        let answer = await handle.blocking("kafka-ask") { reference in
            var count: Int32 = 0
            var topicError = RD_KAFKA_RESP_ERR_NO_ERROR
            let error = unsafe martlet_kafka_partitions(
                reference.pointer, topic, milliseconds, &count, &topicError)
            return KafkaPartitionsAnswer(count: Int(count), error: error, topicError: topicError)
        }
        if answer.error != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaFailure(answer.error) }
        if answer.count == 0, answer.topicError != RD_KAFKA_RESP_ERR_NO_ERROR,
            answer.topicError != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            answer.topicError != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE
        {
            throw KafkaFailure(answer.topicError)
        }
        return answer.count
    }

    // MARK: Sending

    /// Adds a record to the next batch.
    package func send(_ record: KafkaOutgoing) {
        waiting.append(record)
        waitingBytes += record.size
    }

    /// Hands the batch over, unless reports of the one before are missing.
    package func flush() {
        guard let handle, first < waiting.count else { return }
        let now = loop.now
        guard underWay == 0 || now >= gateOpensAt else { return armGate() }
        gateOpensAt = now + KafkaProducer.patience
        var handedOver = 0
        while first < waiting.count, handedOver < KafkaProducer.batchMaximum {
            let error = hand(waiting[first], to: handle)
            // The library holds as much as it may; its reports make room.
            if error == RD_KAFKA_RESP_ERR__QUEUE_FULL, underWay > 0 { break }
            let record = waiting[first]
            first += 1
            waitingBytes -= record.size
            if error == RD_KAFKA_RESP_ERR_NO_ERROR {
                underWay += 1
                handedOver += 1
            } else {
                end(record.token, .failed(KafkaFailure(error), mayBeStored: false))
            }
        }
        if first == waiting.count {
            waiting.removeAll(keepingCapacity: waiting.count < 4_096)
            first = 0
        } else {
            if first >= 4_096 {
                waiting.removeFirst(first)
                first = 0
            }
            armGate()
        }
    }

    private func armGate() {
        guard gateWake == .none else { return }
        gateWake = loop.wake(at: gateOpensAt, self, token: 0)
    }

    private func hand(_ record: KafkaOutgoing, to handle: KafkaHandle) -> rd_kafka_resp_err_t {
        guard let topic = topic(record.topic, handle) else { return rd_kafka_last_error() }
        let token = Int(bitPattern: topic.next() << 32 | UInt(record.token))
        let headers = unsafe headerList(record.headers)
        let length = record.value?.count ?? -1
        let error = unsafe record.key.withUnsafeBytes { key in
            unsafe (record.value ?? []).withUnsafeBytes { value in
                unsafe martlet_kafka_produce(
                    handle.rk, topic.pointer, record.partition ?? RD_KAFKA_PARTITION_UA, key.baseAddress, key.count,
                    value.baseAddress, length, headers, token)
            }
        }
        if error != RD_KAFKA_RESP_ERR_NO_ERROR, let headers = unsafe headers {
            unsafe rd_kafka_headers_destroy(headers)
        }
        return error
    }

    private func headerList(_ headers: [(name: String, value: String)]) -> OpaquePointer? {
        guard !headers.isEmpty, let list = unsafe rd_kafka_headers_new(headers.count) else { return nil }
        for (name, value) in headers {
            var value = value
            value.withUTF8 { bytes in
                _ = unsafe rd_kafka_header_add(list, name, -1, bytes.baseAddress, bytes.count)
            }
        }
        return unsafe list
    }

    private func topic(_ name: String, _ handle: KafkaHandle) -> KafkaTopic? {
        if let topic = topics[name] { return topic }
        if topics.count >= KafkaProducer.topicsMaximum { topics = [:] }
        guard let pointer = unsafe rd_kafka_topic_new(handle.rk, name, nil) else { return nil }
        let topic = unsafe KafkaTopic(pointer)
        topics[name] = topic
        return topic
    }

    /// Ends a record at the turn's end.
    private func end(_ token: UInt32, _ report: KafkaReport) {
        if ended.isEmpty { loop.atTurnEnd(self) }
        ended.append((token, report))
    }

    // MARK: The end

    /// Lets out what is under way, for so long at most; what has no report then gets one. Nothing may be sent meanwhile.
    package func finish(within limit: Duration) async {
        let deadline = loop.now + limit
        while underWay > 0 || first < waiting.count, loop.now < deadline, !Task.isCancelled {
            flush()
            try? await loop.sleep(for: .milliseconds(2))
        }
        for record in waiting[first...] {
            end(record.token, .failed(KafkaFailure(.timeout, "not sent before the end"), mayBeStored: false))
        }
        waiting = []
        first = 0
        if underWay > 0, let handle {
            let flags = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING
            unsafe rd_kafka_purge(handle.rk, flags)
            let last = loop.now + .milliseconds(500)
            while underWay > 0, loop.now < last { try? await loop.sleep(for: .milliseconds(2)) }
        }
        close()
    }

    /// Ends at once: records without a report get none.
    package func close() {
        guard let handle = handle.take() else { return }
        loop.cancel(gateWake)
        topics = [:]
        handle.close()
    }
}

/// A topic's handle, which holds the producer back from its end while it is kept, and whose turn it is among its partitions.
@safe private final class KafkaTopic {
    let pointer: OpaquePointer
    private var sequence: UInt32 = 0

    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe rd_kafka_topic_destroy(pointer) }

    /// Counts the records of the topic.
    func next() -> UInt {
        defer { sequence &+= 1 }
        return UInt(sequence)
    }
}

private struct KafkaPartitionsAnswer: Sendable {
    let count: Int
    let error: rd_kafka_resp_err_t
    let topicError: rd_kafka_resp_err_t
}

extension KafkaProducer: KafkaHandleOwner {
    func received(_ event: OpaquePointer, type: Int32) {
        switch type {
        case RD_KAFKA_EVENT_DR: unsafe reports(event)
        case RD_KAFKA_EVENT_ERROR: unsafe trouble(event)
        case RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH: owner?.tokenWanted()
        default: break
        }
    }

    private func reports(_ event: OpaquePointer) {
        while let message = unsafe rd_kafka_event_message_next(event) {
            underWay -= 1
            let token = UInt32(truncatingIfNeeded: unsafe UInt(bitPattern: message.pointee._private))
            let error = unsafe message.pointee.err
            guard error != RD_KAFKA_RESP_ERR_NO_ERROR else {
                owner?.reported(token, .stored)
                continue
            }
            let status = unsafe rd_kafka_message_status(message)
            let failure = KafkaFailure(error, describe(error))
            owner?.reported(
                token, .failed(failure, mayBeStored: status != RD_KAFKA_MSG_STATUS_NOT_PERSISTED))
        }
    }

    /// A deadline says nothing; the last trouble with a broker says why.
    private func describe(_ error: rd_kafka_resp_err_t) -> String {
        let text = KafkaFailure.text(of: error)
        guard error == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, let latestTrouble else { return text }
        return "\(text); latest trouble: \(latestTrouble.reason)"
    }

    private func trouble(_ event: OpaquePointer) {
        let error = unsafe rd_kafka_event_error(event)
        let text = unsafe rd_kafka_event_error_string(event).map { unsafe String(cString: $0) }
        switch error {
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
            owner?.producerFailed(latestTrouble ?? KafkaFailure(error, text))
        case RD_KAFKA_RESP_ERR__FATAL: owner?.producerFailed(KafkaFailure(error, text))
        default: latestTrouble = KafkaFailure(error, text)
        }
    }

    func woken() { flush() }
}

extension KafkaProducer: TurnParticipant {
    package func turnEnded() {
        var batch: [(UInt32, KafkaReport)] = []
        swap(&batch, &ended)
        for (token, report) in batch { owner?.reported(token, report) }
    }
}

extension KafkaProducer: Sleeper {
    package func wake(_ token: UInt64) {
        gateWake = .none
        flush()
    }
}
