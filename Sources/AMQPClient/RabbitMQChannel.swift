internal import Bytes
internal import Loop
internal import Messaging

/// Who holds a channel.
package protocol RabbitMQChannelOwner: AnyObject {
    /// An event came; it waits for `acknowledge` or `reject`.
    func received(_ delivery: RabbitMQDelivery, _ channel: RabbitMQChannel)
    /// The broker ended the consumer: its queue is gone, or its node.
    func consumerCancelled(_ channel: RabbitMQChannel)
    /// The broker closed the channel, and not the connection. Publishes and calls have been told before.
    func channelEnded(_ channel: RabbitMQChannel, _ failure: RabbitMQFailure)
}

/// An event as the broker hands it over.
package struct RabbitMQDelivery {
    package var tag: UInt64
    /// Whether it was handed to some consumer before.
    package var isRedelivered: Bool
    package var properties: AMQPProperties
    package var body: [UInt8]

    package init(tag: UInt64, isRedelivered: Bool, properties: AMQPProperties, body: [UInt8]) {
        self.tag = tag
        self.isRedelivered = isRedelivered
        self.properties = properties
        self.body = body
    }
}

/// One channel of a connection: calls and their answers in order, publishes, deliveries. Opened once and never again after it ended.
///
/// What the broker refuses ends the channel with its words, and leaves the others alone.
package final class RabbitMQChannel {
    /// A body beyond it ends the connection; RabbitMQ takes no larger ones itself.
    static let bodyMaximum: UInt64 = 512 << 20
    /// Room for a body is made up to here when it is announced, beyond it as it comes.
    static let reservationMaximum = 1 << 20

    enum State {
        case open
        case closing
        case ended
    }

    /// A call on its way.
    struct Call {
        var deadline: Instant
        var continuation: CheckedContinuation<Result<Void, RabbitMQFailure>, Never>
    }

    /// The event that is coming in, frame by frame.
    private struct Content {
        var method: AMQPMethod
        var properties = AMQPProperties()
        var hasHead = false
        var size = 0
        var body: [UInt8] = []
    }

    let number: UInt16
    /// The connection as long as the channel is open.
    var connection: RabbitMQConnection?
    private(set) var state = State.open
    /// As long as the channel is open.
    private var owner: (any RabbitMQChannelOwner)?
    private var calls: [Call] = []
    private var content: Content?
    var window = ConfirmWindow<RabbitMQWaiter>()
    var ended: [(waiter: RabbitMQWaiter, verdict: ConfirmWindow<RabbitMQWaiter>.Verdict)] = []

    init(_ number: UInt16, _ connection: RabbitMQConnection, owner: any RabbitMQChannelOwner) {
        self.number = number
        self.connection = connection
        self.owner = owner
    }

    /// Whether it can be used.
    package var isOpen: Bool { state == .open }

    /// Whether the broker is done with it too.
    package var isOver: Bool { state == .ended }

    /// Whether an answer is waited for.
    var isCalling: Bool { !calls.isEmpty }

    func hasOverdueCall(_ now: Instant) -> Bool { calls.contains { $0.deadline <= now } }

    // MARK: Calls

    /// Asks, and waits for the answer. A refusal ends the channel.
    package func call(_ request: AMQPRequest) async throws(RabbitMQFailure) {
        guard state == .open, let connection, connection.isOpen else {
            throw RabbitMQFailure(.closed, "the channel is not open")
        }
        try connection.send(request, channel: number)
        let deadline = connection.loop.now + RabbitMQConnection.replyTimeout
        let result = await withCheckedContinuation { continuation in
            calls.append(Call(deadline: deadline, continuation: continuation))
            connection.applyPause()
            connection.armSoon()
        }
        try result.get()
    }

    private func answered() {
        guard !calls.isEmpty else { return }
        calls.removeFirst().continuation.resume(returning: .success(()))
        connection?.applyPause()
    }

    /// Closes the channel; deliveries that were not settled go back to their queue. The owner is not told.
    package func close() {
        owner = nil
        guard state == .open, let connection else { return }
        connection.say(.closeChannel, channel: number)
        state = .closing
        fail(RabbitMQFailure(.closed, "the channel was closed"))
    }

    func finish(_ failure: RabbitMQFailure) {
        guard state != .ended else { return }
        state = .ended
        fail(failure)
        owner = nil
        connection = nil
        content = nil
    }

    private func fail(_ failure: RabbitMQFailure) {
        failPublishes(failure)
        let calls = calls
        self.calls = []
        for call in calls { call.continuation.resume(returning: .failure(failure)) }
    }

    // MARK: Frames

    func take(_ kind: AMQPFrameKind, _ payload: RawSpan) throws(RabbitMQFailure) {
        guard let connection else { return }
        switch kind {
        case .method: try take(connection.codec.decode(method: payload), connection)
        // What comes behind our good-bye is not looked at.
        case .header: if state == .open { try takeHead(payload, connection) }
        case .body: if state == .open { try takeBody(payload) }
        case .heartbeat: break
        }
    }

    private func take(_ method: AMQPMethod, _ connection: RabbitMQConnection) throws(RabbitMQFailure) {
        guard state == .open else {
            switch method {
            case .channelCloseOK: release(connection)
            case .channelClose: connection.say(.closeChannelOK, channel: number)
            default: break
            }
            return
        }
        guard content == nil else { throw RabbitMQChannel.broken }
        switch method {
        case .delivery, .returned: content = Content(method: method)
        case .acknowledged(let tag, let isMultiple): try confirmed(tag, multiple: isMultiple, isStored: true)
        case .refused(let tag, let isMultiple): try confirmed(tag, multiple: isMultiple, isStored: false)
        case .done, .channelOpenOK: answered()
        case .cancelled: owner?.consumerCancelled(self)
        case .channelClose(let code, let text):
            connection.say(.closeChannelOK, channel: number)
            release(connection)
            let failure = RabbitMQFailure(.refused, text, nativeCode: Int(code))
            let owner = owner
            finish(failure)
            owner?.channelEnded(self, failure)
        default: break
        }
    }

    /// The number may be used again.
    private func release(_ connection: RabbitMQConnection) {
        connection.channels[Int(number)] = nil
        if state == .closing { finish(RabbitMQFailure(.closed, "the channel was closed")) }
    }

    private static var broken: RabbitMQFailure {
        RabbitMQFailure(.protocolViolation, "the broker sent the parts of an event out of turn; is it RabbitMQ?")
    }

    private func takeHead(_ payload: RawSpan, _ connection: RabbitMQConnection) throws(RabbitMQFailure) {
        // Class, weight and size stand before the properties.
        guard content != nil, content?.hasHead == false, payload.byteCount >= 14 else { throw RabbitMQChannel.broken }
        let size = payload.loadUInt64(at: 4).byteSwapped
        guard size <= RabbitMQChannel.bodyMaximum else {
            throw RabbitMQFailure(
                .protocolViolation,
                "the broker sent an event of \(size) bytes, at most \(RabbitMQChannel.bodyMaximum) are taken")
        }
        content?.hasHead = true
        content?.size = Int(size)
        content?.properties = connection.codec.decode(properties: payload.extracting(12..<payload.byteCount))
        if size == 0 { complete() }
    }

    private func takeBody(_ payload: RawSpan) throws(RabbitMQFailure) {
        // In place: a copy of the content would have each frame copy the body.
        guard content?.hasHead == true, let size = content?.size, let count = content?.body.count,
            payload.byteCount <= size - count
        else { throw RabbitMQChannel.broken }
        if size == payload.byteCount {
            content?.body = [UInt8](payload)
        } else {
            if count == 0 { content?.body.reserveCapacity(min(size, RabbitMQChannel.reservationMaximum)) }
            content?.body.append(payload)
        }
        if count + payload.byteCount == size { complete() }
    }

    private func complete() {
        guard let whole = content.take() else { return }
        switch whole.method {
        case .delivery(let tag, let isRedelivered):
            owner?.received(
                RabbitMQDelivery(
                    tag: tag, isRedelivered: isRedelivered, properties: whole.properties, body: whole.body), self)
        case .returned(_, let text, let exchange, let key):
            cameBack(exchange: exchange, key: key, text: text, body: whole.body)
        default: break
        }
    }

    // MARK: Settling

    /// The application is done with an event, or with all up to it.
    package func acknowledge(_ tag: UInt64, multiple: Bool) {
        guard state == .open else { return }
        connection?.say(.acknowledge(tag: tag, multiple: multiple), channel: number)
    }

    /// The event goes back to its queue, or to where the queue's dead letters go.
    package func reject(_ tag: UInt64, requeue: Bool) {
        guard state == .open else { return }
        connection?.say(.reject(tag: tag, requeue: requeue), channel: number)
    }
}

extension RabbitMQConnection {
    /// Opens a channel.
    package func openChannel(_ owner: any RabbitMQChannelOwner) async throws(RabbitMQFailure) -> RabbitMQChannel {
        guard state == .open else {
            throw failure ?? RabbitMQFailure(.closed, "the connection is not open")
        }
        let free = channels.indices.dropFirst().first { channels[$0] == nil } ?? channels.count
        guard free <= Int(greeting.channels) else {
            throw RabbitMQFailure(
                .full, "\(settings.endpoint): the broker allows \(greeting.channels) channels (channel_max)")
        }
        let channel = RabbitMQChannel(UInt16(free), self, owner: owner)
        if free == channels.count { channels.append(channel) } else { channels[free] = channel }
        try await channel.call(.openChannel)
        return channel
    }
}
