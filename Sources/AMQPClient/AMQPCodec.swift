internal import Bytes
internal import CRabbitMQ

/// Methods, properties and tables to bytes and back: the unsafe core, the only file that calls rabbitmq-c.
///
/// Everything that the library makes lies in one pool, which is emptied after each call; what leaves is Swift's. One codec belongs to one connection.
@safe package final class AMQPCodec {
    /// The largest method or head of an event that is written.
    static let sizeMaximum = 128 * 1024
    static let basicClass: UInt16 = 60

    static var libraryVersion: String { unsafe String(cString: amqp_version()) }

    let pool: UnsafeMutablePointer<amqp_pool_t>
    private let scratch: UnsafeMutableRawBufferPointer
    /// Whether a name was given that AMQP has no room for: the library would cut its length and not its bytes.
    private var isTooLong = false
    /// Content types repeat: a text is made when it changes.
    var lastContentType = ""

    package init() {
        unsafe pool = .allocate(capacity: 1)
        unsafe pool.initialize(to: amqp_pool_t())
        unsafe init_amqp_pool(pool, 4_096)
        unsafe scratch = .allocate(byteCount: AMQPCodec.sizeMaximum, alignment: 16)
    }

    deinit {
        unsafe empty_amqp_pool(pool)
        unsafe pool.deallocate()
        unsafe scratch.deallocate()
    }

    // MARK: Writing

    /// The method as a frame's payload: its number and its arguments.
    package func encode(_ request: AMQPRequest) throws(RabbitMQFailure) -> [UInt8] {
        defer { unsafe recycle_amqp_pool(pool) }
        isTooLong = false
        guard let count = payload(request), !isTooLong else {
            throw RabbitMQFailure(
                .refused, "a name of an exchange, a queue or a routing key has more than 255 bytes; use a shorter one")
        }
        return unsafe [UInt8](scratch[..<count])
    }

    /// Properties as they stand in the head of an event, behind its size.
    package func encode(_ properties: AMQPProperties) throws(RabbitMQFailure) -> [UInt8] {
        defer { unsafe recycle_amqp_pool(pool) }
        isTooLong = false
        var native = unsafe native(properties)
        guard !isTooLong else {
            throw RabbitMQFailure(.refused, "metadata that becomes a property of AMQP has more than 255 bytes")
        }
        let status = unsafe amqp_encode_properties(
            AMQPCodec.basicClass, &native, amqp_bytes_t(len: scratch.count, bytes: scratch.baseAddress))
        guard status >= 0 else {
            throw RabbitMQFailure(.refused, "the metadata of the event does not fit into a frame; publish less of it")
        }
        return unsafe [UInt8](scratch[..<Int(status)])
    }

    private func payload(_ request: AMQPRequest) -> Int? {
        switch request {
        case .startOK, .tuneOK, .open, .close, .closeOK, .openChannel, .closeChannel, .closeChannelOK:
            connectionPayload(request)
        case .declareExchange, .declareQueue, .deleteQueue, .bind: topologyPayload(request)
        case .prefetch, .consume, .cancel, .confirmSelect, .publish, .acknowledge, .reject: eventPayload(request)
        }
    }

    private func connectionPayload(_ request: AMQPRequest) -> Int? {
        switch request {
        case .startOK(let properties, let mechanism, let response):
            unsafe write(
                AMQP_CONNECTION_START_OK_METHOD,
                amqp_connection_start_ok_t(
                    client_properties: table(properties), mechanism: short(mechanism), response: copy(response.rawSpan),
                    locale: short("en_US")))
        case .tuneOK(let channels, let frameSize, let heartbeat):
            write(
                AMQP_CONNECTION_TUNE_OK_METHOD,
                amqp_connection_tune_ok_t(channel_max: channels, frame_max: frameSize, heartbeat: heartbeat))
        case .open(let virtualHost):
            unsafe write(
                AMQP_CONNECTION_OPEN_METHOD,
                amqp_connection_open_t(virtual_host: short(virtualHost), capabilities: short(""), insist: 0))
        case .close(let code, let reason):
            unsafe write(
                AMQP_CONNECTION_CLOSE_METHOD,
                amqp_connection_close_t(reply_code: code, reply_text: short(reason), class_id: 0, method_id: 0))
        case .closeOK: write(AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t())
        case .openChannel:
            unsafe write(AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t(out_of_band: short("")))
        case .closeChannel:
            unsafe write(
                AMQP_CHANNEL_CLOSE_METHOD,
                amqp_channel_close_t(reply_code: 200, reply_text: short("done"), class_id: 0, method_id: 0))
        case .closeChannelOK: write(AMQP_CHANNEL_CLOSE_OK_METHOD, amqp_channel_close_ok_t())
        default: nil
        }
    }

    private func topologyPayload(_ request: AMQPRequest) -> Int? {
        switch request {
        case .declareExchange(let exchange, let isPassive):
            unsafe write(
                AMQP_EXCHANGE_DECLARE_METHOD,
                amqp_exchange_declare_t(
                    ticket: 0, exchange: short(exchange.name), type: short(exchange.kind), passive: flag(isPassive),
                    durable: flag(exchange.isDurable), auto_delete: flag(exchange.isAutoDeleted), internal: 0,
                    nowait: 0, arguments: table(AMQPTable())))
        case .declareQueue(let queue, let isPassive):
            unsafe write(
                AMQP_QUEUE_DECLARE_METHOD,
                amqp_queue_declare_t(
                    ticket: 0, queue: short(queue.name), passive: flag(isPassive), durable: flag(queue.isDurable),
                    exclusive: 0, auto_delete: flag(queue.isAutoDeleted), nowait: 0, arguments: table(queue.arguments)))
        case .deleteQueue(let name):
            unsafe write(
                AMQP_QUEUE_DELETE_METHOD,
                amqp_queue_delete_t(ticket: 0, queue: short(name), if_unused: 0, if_empty: 0, nowait: 0))
        case .bind(let queue, let exchange, let key):
            unsafe write(
                AMQP_QUEUE_BIND_METHOD,
                amqp_queue_bind_t(
                    ticket: 0, queue: short(queue), exchange: short(exchange), routing_key: short(key), nowait: 0,
                    arguments: table(AMQPTable())))
        default: nil
        }
    }

    private func eventPayload(_ request: AMQPRequest) -> Int? {
        switch request {
        case .prefetch(let count):
            write(
                AMQP_BASIC_QOS_METHOD, amqp_basic_qos_t(prefetch_size: 0, prefetch_count: count, global: 0))
        case .consume(let queue, let tag, let acknowledges):
            unsafe write(
                AMQP_BASIC_CONSUME_METHOD,
                amqp_basic_consume_t(
                    ticket: 0, queue: short(queue), consumer_tag: short(tag), no_local: 0, no_ack: flag(!acknowledges),
                    exclusive: 0, nowait: 0, arguments: table(AMQPTable())))
        case .cancel(let tag):
            unsafe write(AMQP_BASIC_CANCEL_METHOD, amqp_basic_cancel_t(consumer_tag: short(tag), nowait: 0))
        case .confirmSelect: write(AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t(nowait: 0))
        case .publish(let exchange, let key, let isMandatory):
            unsafe write(
                AMQP_BASIC_PUBLISH_METHOD,
                amqp_basic_publish_t(
                    ticket: 0, exchange: short(exchange), routing_key: short(key), mandatory: flag(isMandatory),
                    immediate: 0))
        case .acknowledge(let tag, let isMultiple):
            write(AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t(delivery_tag: tag, multiple: flag(isMultiple)))
        case .reject(let tag, let requeues):
            write(AMQP_BASIC_REJECT_METHOD, amqp_basic_reject_t(delivery_tag: tag, requeue: flag(requeues)))
        default: nil
        }
    }

    /// Writes the number and the arguments of a method into the scratch; its length.
    private func write<Native>(_ number: amqp_method_number_t, _ native: Native) -> Int? {
        var native = native
        unsafe scratch.storeBytes(of: number.bigEndian, as: UInt32.self)
        let status = unsafe withUnsafeMutablePointer(to: &native) { pointer in
            unsafe amqp_encode_method(
                number, pointer, amqp_bytes_t(len: scratch.count - 4, bytes: scratch.baseAddress.map { unsafe $0 + 4 }))
        }
        return status >= 0 ? 4 + Int(status) : nil
    }

    private func flag(_ value: Bool) -> amqp_boolean_t { value ? 1 : 0 }

    /// A name, which has 255 bytes at most.
    private func short(_ text: String) -> amqp_bytes_t {
        if text.utf8.count > 255 { isTooLong = true }
        return unsafe text.withRawSpan { unsafe copy($0) }
    }

    private func copy(_ bytes: RawSpan) -> amqp_bytes_t {
        unsafe bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress, source.count > 0 else {
                return unsafe amqp_bytes_t(len: 0, bytes: nil)
            }
            let to = unsafe allocate(source.count)
            unsafe to.copyMemory(from: from, byteCount: source.count)
            return unsafe amqp_bytes_t(len: source.count, bytes: to)
        }
    }

    private func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        guard let memory = unsafe amqp_pool_alloc(pool, count) else {
            preconditionFailure("there is no memory for a method of AMQP")
        }
        return unsafe memory
    }

    private func table(_ table: AMQPTable) -> amqp_table_t {
        let count = table.entries.count
        guard count > 0 else { return unsafe amqp_table_t(num_entries: 0, entries: nil) }
        let size = unsafe MemoryLayout<amqp_table_entry_t>.stride
        let entries = unsafe allocate(count * size).bindMemory(to: amqp_table_entry_t.self, capacity: count)
        for (index, entry) in table.entries.enumerated() {
            unsafe (entries + index).initialize(
                to: amqp_table_entry_t(key: short(entry.name), value: value(entry.value)))
        }
        return unsafe amqp_table_t(num_entries: Int32(clamping: count), entries: entries)
    }

    private func value(_ value: AMQPValue) -> amqp_field_value_t {
        var native = unsafe amqp_field_value_t()
        switch value {
        case .bool(let value):
            unsafe native.kind = UInt8(AMQP_FIELD_KIND_BOOLEAN.rawValue)
            unsafe native.value.boolean = flag(value)
        case .integer(let value):
            unsafe native.kind = UInt8(AMQP_FIELD_KIND_I64.rawValue)
            unsafe native.value.i64 = value
        case .double(let value):
            unsafe native.kind = UInt8(AMQP_FIELD_KIND_F64.rawValue)
            unsafe native.value.f64 = value
        case .text(let value):
            unsafe native.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
            unsafe native.value.bytes = value.withRawSpan { unsafe copy($0) }
        case .table(let value):
            unsafe native.kind = UInt8(AMQP_FIELD_KIND_TABLE.rawValue)
            unsafe native.value.table = table(value)
        case .other: unsafe native.kind = UInt8(AMQP_FIELD_KIND_VOID.rawValue)
        }
        return unsafe native
    }

    private func native(_ properties: AMQPProperties) -> amqp_basic_properties_t {
        var native = unsafe amqp_basic_properties_t()
        var flags: Int32 = 0
        if let value = properties.contentType {
            unsafe native.content_type = short(value)
            flags |= AMQP_BASIC_CONTENT_TYPE_FLAG
        }
        if !properties.headers.isEmpty {
            unsafe native.headers = table(properties.headers)
            flags |= AMQP_BASIC_HEADERS_FLAG
        }
        if properties.deliveryMode > 0 {
            unsafe native.delivery_mode = properties.deliveryMode
            flags |= AMQP_BASIC_DELIVERY_MODE_FLAG
        }
        if let value = properties.priority {
            unsafe native.priority = value
            flags |= AMQP_BASIC_PRIORITY_FLAG
        }
        if let value = properties.correlationID {
            unsafe native.correlation_id = short(value)
            flags |= AMQP_BASIC_CORRELATION_ID_FLAG
        }
        if let value = properties.expiration {
            unsafe native.expiration = short(value)
            flags |= AMQP_BASIC_EXPIRATION_FLAG
        }
        if let value = properties.messageID {
            unsafe native.message_id = short(value)
            flags |= AMQP_BASIC_MESSAGE_ID_FLAG
        }
        if let value = properties.type {
            unsafe native.type = short(value)
            flags |= AMQP_BASIC_TYPE_FLAG
        }
        unsafe native._flags = amqp_flags_t(flags)
        return unsafe native
    }
}
