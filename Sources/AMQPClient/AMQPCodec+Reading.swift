internal import Bytes
internal import CRabbitMQ

extension AMQPCodec {
    /// The method in a frame's payload.
    package func decode(method payload: RawSpan) throws(RabbitMQFailure) -> AMQPMethod {
        guard payload.byteCount >= 4 else { throw AMQPCodec.malformed }
        let number = payload.loadUInt32(at: 0).byteSwapped
        // The only method of a broker that holds a table.
        if number == AMQP_CONNECTION_START_METHOD, !AMQPTableShape.isSound(payload, at: 6) { throw AMQPCodec.malformed }
        defer { unsafe recycle_amqp_pool(pool) }
        let method = unsafe payload.withUnsafeBytes { (raw) -> AMQPMethod? in
            var decoded: UnsafeMutableRawPointer?
            let arguments = unsafe amqp_bytes_t(
                len: raw.count - 4, bytes: raw.baseAddress.map { unsafe UnsafeMutableRawPointer(mutating: $0 + 4) })
            guard unsafe amqp_decode_method(number, pool, arguments, &decoded) >= 0, let decoded = unsafe decoded else {
                return nil
            }
            return unsafe self.method(number, decoded)
        }
        guard let method else { throw AMQPCodec.malformed }
        return method
    }

    /// The properties in the head of an event, behind its size. Headers that are not sound are left out.
    package func decode(properties payload: RawSpan) -> AMQPProperties {
        guard AMQPTableShape.headersAreSound(payload) else {
            var properties = AMQPProperties()
            properties.hasUnreadableHeaders = true
            return properties
        }
        defer { unsafe recycle_amqp_pool(pool) }
        return unsafe payload.withUnsafeBytes { raw in
            var decoded: UnsafeMutableRawPointer?
            let encoded = unsafe amqp_bytes_t(
                len: raw.count, bytes: raw.baseAddress.map { unsafe UnsafeMutableRawPointer(mutating: $0) })
            guard unsafe amqp_decode_properties(AMQPCodec.basicClass, pool, encoded, &decoded) >= 0,
                let decoded = unsafe decoded
            else {
                var properties = AMQPProperties()
                properties.hasUnreadableHeaders = true
                return properties
            }
            return unsafe properties(decoded.assumingMemoryBound(to: amqp_basic_properties_t.self).pointee)
        }
    }

    private static var malformed: RabbitMQFailure {
        RabbitMQFailure(.protocolViolation, "the broker sent a method that cannot be read; is it RabbitMQ?")
    }

    // MARK: Methods

    private func method(_ number: UInt32, _ decoded: UnsafeMutableRawPointer) -> AMQPMethod {
        switch number {
        case AMQP_BASIC_DELIVER_METHOD:
            let native = unsafe decoded.assumingMemoryBound(to: amqp_basic_deliver_t.self).pointee
            return unsafe .delivery(tag: native.delivery_tag, isRedelivered: native.redelivered != 0)
        case AMQP_BASIC_ACK_METHOD:
            let native = unsafe decoded.assumingMemoryBound(to: amqp_basic_ack_t.self).pointee
            return .acknowledged(tag: native.delivery_tag, multiple: native.multiple != 0)
        case AMQP_BASIC_NACK_METHOD:
            let native = unsafe decoded.assumingMemoryBound(to: amqp_basic_nack_t.self).pointee
            return .refused(tag: native.delivery_tag, multiple: native.multiple != 0)
        case AMQP_BASIC_RETURN_METHOD:
            let native = unsafe decoded.assumingMemoryBound(to: amqp_basic_return_t.self).pointee
            return unsafe .returned(
                code: native.reply_code, text: text(native.reply_text), exchange: text(native.exchange),
                key: text(native.routing_key))
        case AMQP_BASIC_CANCEL_METHOD: return .cancelled
        default: return unsafe controlMethod(number, decoded)
        }
    }

    private func controlMethod(_ number: UInt32, _ decoded: UnsafeMutableRawPointer) -> AMQPMethod {
        switch number {
        case AMQP_CONNECTION_START_METHOD:
            let native = unsafe decoded.assumingMemoryBound(to: amqp_connection_start_t.self).pointee
            let properties = unsafe table(native.server_properties, levels: 1)
            let product = ["product", "version"].compactMap { properties[$0]?.text }.joined(separator: " ")
            return unsafe .start(mechanisms: text(native.mechanisms), product: product)
        case AMQP_CONNECTION_SECURE_METHOD: return .secure
        case AMQP_CONNECTION_TUNE_METHOD:
            let native = unsafe decoded.assumingMemoryBound(to: amqp_connection_tune_t.self).pointee
            return .tune(channels: native.channel_max, frameSize: native.frame_max, heartbeat: native.heartbeat)
        case AMQP_CONNECTION_OPEN_OK_METHOD: return .openOK
        case AMQP_CONNECTION_CLOSE_METHOD:
            let native = unsafe decoded.assumingMemoryBound(to: amqp_connection_close_t.self).pointee
            return unsafe .close(code: native.reply_code, text: text(native.reply_text))
        case AMQP_CONNECTION_CLOSE_OK_METHOD: return .closeOK
        case AMQP_CONNECTION_BLOCKED_METHOD:
            let native = unsafe decoded.assumingMemoryBound(to: amqp_connection_blocked_t.self).pointee
            return unsafe .blocked(text(native.reason))
        case AMQP_CONNECTION_UNBLOCKED_METHOD: return .unblocked
        case AMQP_CHANNEL_OPEN_OK_METHOD: return .channelOpenOK
        case AMQP_CHANNEL_CLOSE_METHOD:
            let native = unsafe decoded.assumingMemoryBound(to: amqp_channel_close_t.self).pointee
            return unsafe .channelClose(code: native.reply_code, text: text(native.reply_text))
        case AMQP_CHANNEL_CLOSE_OK_METHOD: return .channelCloseOK
        case AMQP_EXCHANGE_DECLARE_OK_METHOD, AMQP_QUEUE_DECLARE_OK_METHOD, AMQP_QUEUE_BIND_OK_METHOD,
            AMQP_QUEUE_DELETE_OK_METHOD, AMQP_BASIC_QOS_OK_METHOD, AMQP_BASIC_CONSUME_OK_METHOD,
            AMQP_BASIC_CANCEL_OK_METHOD, AMQP_CONFIRM_SELECT_OK_METHOD:
            return .done
        default: return .unexpected(number)
        }
    }

    private func text(_ bytes: amqp_bytes_t) -> String {
        String(utf8Repaired: unsafe UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len).bytes)
    }

    // MARK: Properties

    private func properties(_ native: amqp_basic_properties_t) -> AMQPProperties {
        var properties = AMQPProperties()
        let flags = unsafe Int32(truncatingIfNeeded: native._flags)
        if flags & AMQP_BASIC_CONTENT_TYPE_FLAG != 0 {
            properties.contentType = unsafe contentType(native.content_type)
        }
        if flags & AMQP_BASIC_DELIVERY_MODE_FLAG != 0 { properties.deliveryMode = unsafe native.delivery_mode }
        // What most events have is read.
        guard flags & ~(AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG) != 0 else { return properties }
        if flags & AMQP_BASIC_HEADERS_FLAG != 0 { properties.headers = unsafe table(native.headers, levels: 0) }
        if flags & AMQP_BASIC_PRIORITY_FLAG != 0 { properties.priority = unsafe native.priority }
        if flags & AMQP_BASIC_CORRELATION_ID_FLAG != 0 { properties.correlationID = unsafe text(native.correlation_id) }
        if flags & AMQP_BASIC_REPLY_TO_FLAG != 0 { properties.replyTo = unsafe text(native.reply_to) }
        if flags & AMQP_BASIC_EXPIRATION_FLAG != 0 { properties.expiration = unsafe text(native.expiration) }
        if flags & AMQP_BASIC_MESSAGE_ID_FLAG != 0 { properties.messageID = unsafe text(native.message_id) }
        if flags & AMQP_BASIC_TIMESTAMP_FLAG != 0 { properties.timestamp = unsafe native.timestamp }
        if flags & AMQP_BASIC_TYPE_FLAG != 0 { properties.type = unsafe text(native.type) }
        if flags & AMQP_BASIC_USER_ID_FLAG != 0 { properties.userID = unsafe text(native.user_id) }
        if flags & AMQP_BASIC_APP_ID_FLAG != 0 { properties.appID = unsafe text(native.app_id) }
        return properties
    }

    private func contentType(_ bytes: amqp_bytes_t) -> String {
        let span = unsafe UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len).bytes
        if !span.equals(lastContentType) { lastContentType = String(utf8Repaired: span) }
        return lastContentType
    }

    /// A table, with tables inside it down to so many levels; deeper ones are left to whoever wants them.
    private func table(_ native: amqp_table_t, levels: Int) -> AMQPTable {
        var table = AMQPTable()
        for index in unsafe 0..<Int(native.num_entries) {
            let entry = unsafe native.entries[index]
            unsafe table.append(text(entry.key), value(entry.value, levels: levels))
        }
        return table
    }

    private func value(_ native: amqp_field_value_t, levels: Int) -> AMQPValue {
        let value = unsafe native.value
        switch unsafe native.kind {
        case UInt8(ascii: "t"): return unsafe .bool(value.boolean != 0)
        case UInt8(ascii: "b"): return unsafe .integer(Int64(value.i8))
        case UInt8(ascii: "B"): return unsafe .integer(Int64(value.u8))
        case UInt8(ascii: "s"): return unsafe .integer(Int64(value.i16))
        case UInt8(ascii: "u"): return unsafe .integer(Int64(value.u16))
        case UInt8(ascii: "I"): return unsafe .integer(Int64(value.i32))
        case UInt8(ascii: "i"): return unsafe .integer(Int64(value.u32))
        case UInt8(ascii: "l"): return unsafe .integer(value.i64)
        case UInt8(ascii: "L"), UInt8(ascii: "T"): return unsafe .integer(Int64(clamping: value.u64))
        case UInt8(ascii: "f"): return unsafe .double(Double(value.f32))
        case UInt8(ascii: "d"): return unsafe .double(value.f64)
        case UInt8(ascii: "S"), UInt8(ascii: "x"): return unsafe .text(text(value.bytes))
        case UInt8(ascii: "F") where levels > 0: return unsafe .table(table(value.table, levels: levels - 1))
        default: return .other
        }
    }
}
