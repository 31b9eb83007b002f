internal import CRDKafka

/// The queue of one assigned partition. Not polling it is the back-pressure: the library stops fetching when it is full.
@safe package final class KafkaQueue {
    package let id: KafkaPartitionID
    /// Where reading starts, where it was looked up; `nil` where the library does that.
    package let start: Int64?
    /// Bytes that are taken between two reminders: half of what the library reads ahead.
    static let reminderBytes = 1 << 20

    private let handle: KafkaHandle
    private var queue: OpaquePointer?
    private var taken = 0
    private var isReminding = false
    private var strays: [KafkaRecord] = []

    init(_ id: KafkaPartitionID, start: Int64?, _ handle: KafkaHandle) {
        self.id = id
        self.start = start
        self.handle = handle
        // Kept apart from all other partitions, and from the handle's own queue.
        guard let queue = unsafe rd_kafka_queue_get_partition(handle.rk, id.topic, id.number) else { return }
        unsafe rd_kafka_queue_forward(queue, nil)
        unsafe handle.watch(queue: queue)
        unsafe self.queue = queue
    }

    deinit { close() }

    /// The next record, where one is there. It never blocks.
    package func next() -> KafkaRecord? {
        if !strays.isEmpty { return strays.removeFirst() }
        while !handle.isClosed, let queue = unsafe queue, let event = unsafe rd_kafka_queue_poll(queue, 0) {
            defer { unsafe rd_kafka_event_destroy(event) }
            guard let message = unsafe KafkaQueue.message(of: event) else { continue }
            let record = unsafe KafkaQueue.record(of: message)
            taken += (record.value?.count ?? 0) + 128
            if taken >= KafkaQueue.reminderBytes { remind() }
            return record
        }
        return nil
    }

    /// A thread of the library that has read ahead as far as it may sleeps for up to a second, whatever is taken meanwhile. Any request to the
    /// partition's leader wakes it; this one asks for an offset.
    private func remind() {
        taken = 0
        guard !isReminding, !handle.isClosed else { return }
        isReminding = true
        let id = id
        handle.blocking("kafka-remind") { reference in
            unsafe martlet_kafka_remind(reference.pointer, id.topic, id.number, 1_000)
        } then: { [weak self] in
            self?.isReminding = false
        }
    }

    /// A record of this partition came by the handle's own queue.
    func add(stray record: KafkaRecord) { strays.append(record) }

    /// No record comes afterwards. Idempotent.
    func close() {
        guard let queue = unsafe queue.take() else { return }
        strays = []
        unsafe rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
        unsafe rd_kafka_queue_destroy(queue)
    }

    /// The record that an event carries, with its partition; `nil` where it is another kind of event.
    static func stray(of event: OpaquePointer) -> (id: KafkaPartitionID, record: KafkaRecord)? {
        guard let message = unsafe message(of: event) else { return nil }
        let topic = unsafe message.pointee.rkt.map { unsafe String(cString: rd_kafka_topic_name($0)) } ?? ""
        return unsafe (KafkaPartitionID(topic: topic, number: message.pointee.partition), record(of: message))
    }

    private static func message(of event: OpaquePointer) -> UnsafePointer<rd_kafka_message_t>? {
        guard unsafe rd_kafka_event_type(event) == RD_KAFKA_EVENT_FETCH,
            let message = unsafe rd_kafka_event_message_next(event),
            unsafe message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR
        else { return nil }
        return unsafe message
    }

    private static func record(of message: UnsafePointer<rd_kafka_message_t>) -> KafkaRecord {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = unsafe rd_kafka_message_timestamp(message, &kind)
        return unsafe KafkaRecord(
            offset: message.pointee.offset, timestamp: kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? nil : timestamp,
            key: bytes(message.pointee.key, message.pointee.key_len),
            value: bytes(message.pointee.payload, message.pointee.len), headers: headers(of: message))
    }

    private static func bytes(_ start: UnsafeMutableRawPointer?, _ count: Int) -> [UInt8]? {
        guard let start = unsafe start else { return nil }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    private static func headers(of message: UnsafePointer<rd_kafka_message_t>) -> [(name: String, value: String)] {
        var list: OpaquePointer?
        guard unsafe rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list = unsafe list
        else { return [] }
        var headers: [(name: String, value: String)] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var count = 0
        while unsafe rd_kafka_header_get_all(list, headers.count, &name, &value, &count)
            == RD_KAFKA_RESP_ERR_NO_ERROR
        {
            let text = unsafe String(
                decoding: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : count), as: UTF8.self)
            unsafe headers.append((name.map { unsafe String(cString: $0) } ?? "", text))
        }
        return headers
    }
}
