internal import Bytes
internal import Loop
internal import Messaging

/// Who waits for the end of a publish. Confined to the shard of the connection.
package protocol RabbitMQPublishCompletion: AnyObject {
    /// Called exactly once for each publish that was taken, never from inside `publish`. `nil`: the broker has it.
    func published(_ failure: RabbitMQFailure?, token: UInt64)
}

/// A publish on its way.
struct RabbitMQWaiter {
    var completion: any RabbitMQPublishCompletion
    var token: UInt64
    var deadline: Instant
    /// Counts publishes in the order of sending.
    var number: UInt64
    /// Exchange, routing key and whether it comes back, as they were written: what comes back is found by them and its body.
    var head: [UInt8]
    var body: [UInt8]

    var size: Int { body.count + 64 }
}

extension RabbitMQChannel {
    /// Publishes that wait for their confirmation.
    package var outstanding: Int { window.count }

    /// Exchange and routing key as each event to them begins; made once for many events.
    package func publishHead(exchange: String, key: String, mandatory: Bool) throws(RabbitMQFailure) -> [UInt8] {
        guard let connection else { throw RabbitMQFailure(.closed, "the channel is not open") }
        return try connection.codec.encode(.publish(exchange: exchange, key: key, mandatory: mandatory))
    }

    /// Properties as each event with them has them; made once for many events.
    package func propertyBytes(_ properties: AMQPProperties) throws(RabbitMQFailure) -> [UInt8] {
        guard let connection else { throw RabbitMQFailure(.closed, "the channel is not open") }
        let bytes = try connection.codec.encode(properties)
        guard bytes.count + 20 <= Int(connection.greeting.frameSize) else {
            throw RabbitMQFailure(
                .refused,
                "the metadata of the event takes more than the \(connection.greeting.frameSize) bytes of a frame")
        }
        return bytes
    }

    /// Takes an event on a channel that was asked for confirmations: it goes out with all others of this turn.
    package func publish(
        head: [UInt8], properties: [UInt8], body: [UInt8], _ completion: any RabbitMQPublishCompletion, token: UInt64
    ) {
        guard state == .open, let connection, connection.isOpen else {
            preconditionFailure("an event is published on a channel that is not open")
        }
        connection.sent += 1
        let waiter = RabbitMQWaiter(
            completion: completion, token: token, deadline: connection.loop.now + RabbitMQConnection.replyTimeout,
            number: connection.sent, head: head, body: body)
        window.append(waiter)
        connection.pendingBytes += waiter.size
        connection.pendingEvents += 1
        if connection.pendingEvents == 1 { connection.armSoon() }
        write(head, properties, body, connection)
    }

    private func write(_ head: [UInt8], _ properties: [UInt8], _ body: [UInt8], _ connection: RabbitMQConnection) {
        let fragment = Int(connection.greeting.frameSize) - 8
        let frames = (body.count + fragment - 1) / fragment
        let capacity = head.count + properties.count + body.count + 28 + 8 * frames
        connection.output.append(capacity: capacity) { writer in
            writer.frameHead(.method, number, head.count)
            writer.write(head)
            writer.write(AMQPFrameReader.endMark)
            writer.frameHead(.header, number, 12 + properties.count)
            // The class `basic`, no weight, and the size.
            writer.write(0)
            writer.write(60)
            writer.write(0)
            writer.write(0)
            writer.write(littleEndian: UInt64(body.count).byteSwapped)
            writer.write(properties)
            writer.write(AMQPFrameReader.endMark)
            var start = 0
            let bytes = body.rawSpan
            while start < body.count {
                let end = min(start + fragment, body.count)
                writer.frameHead(.body, number, end - start)
                writer.write(bytes.extracting(start..<end))
                writer.write(AMQPFrameReader.endMark)
                start = end
            }
        }
        connection.askFlush()
    }

    // MARK: Ends

    func confirmed(_ tag: UInt64, multiple: Bool, isStored: Bool) throws(RabbitMQFailure) {
        guard window.confirmed(tag, multiple: multiple, isStored: isStored, into: &ended) else {
            throw RabbitMQFailure(.protocolViolation, "the broker confirmed an event that was never published")
        }
        let over = ended
        ended.removeAll(keepingCapacity: true)
        for (waiter, verdict) in over {
            switch verdict {
            case .stored: end(waiter, nil)
            case .returned: end(waiter, RabbitMQFailure(.unroutable, "no queue takes it (NO_ROUTE)", nativeCode: 312))
            case .refused:
                // With several queues, others may have it.
                end(
                    waiter,
                    RabbitMQFailure(
                        .full, "the broker did not take the event (basic.nack); a queue is full (max-length), or fails",
                        wasWritten: true))
            }
        }
    }

    func cameBack(exchange: String, key: String, text: String, body: [UInt8]) {
        // What we have published can be written again.
        guard let head = try? publishHead(exchange: exchange, key: key, mandatory: true) else { return }
        _ = window.returned { $0.head == head && $0.body == body }
    }

    private func end(_ waiter: RabbitMQWaiter, _ failure: RabbitMQFailure?) {
        connection?.pendingBytes -= waiter.size
        connection?.pendingEvents -= 1
        waiter.completion.published(failure, token: waiter.token)
    }

    /// Events whose confirmation does not come: the broker is blocked, or a queue has lost its majority. The connection lives.
    func endOverduePublishes(_ now: Instant) {
        guard let oldest = window.oldest, oldest.deadline <= now else { return }
        let reason = connection?.blockedReason.map { "; it is blocked: \($0)" } ?? ""
        for waiter in window.abandon(while: { $0.deadline <= now }) {
            end(
                waiter,
                RabbitMQFailure(
                    .timeout, "the broker did not confirm it within \(RabbitMQConnection.replyTimeout)\(reason)",
                    wasWritten: true))
        }
    }

    /// The channel is over: what was written may be there, what was not is not.
    func failPublishes(_ failure: RabbitMQFailure) {
        let flushed = connection?.flushed ?? 0
        for waiter in window.removeAll() {
            var failure = failure
            failure.wasWritten = waiter.number <= flushed
            end(waiter, failure)
        }
    }
}
