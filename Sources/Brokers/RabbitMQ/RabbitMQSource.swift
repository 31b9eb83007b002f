internal import AMQPClient
internal import Bytes
internal import Loop
internal import Messaging

/// One subscription: a channel of its own with one consumer. It declares its topology, hands events over within the inlet's credit, and settles them.
final class RabbitMQSource: TopicSource {
    /// Unacknowledged events that the broker may send where `prefetchCount` says nothing.
    static let prefetchDefault = 256
    /// When a subscription that the broker refused is tried again.
    static let refusalPause: Duration = .seconds(10)
    /// How long the end of a subscription waits for the broker to have queued its events again.
    static let cancelLimit: Duration = .seconds(2)

    enum Timer: UInt64 {
        case redelivery
        case arming
    }

    let topology: RabbitMQTopology
    private(set) var inlet: (any Inlet)?
    /// Until the subscription ends.
    private(set) var component: RabbitMQPubSub?
    let loop: EventLoop
    private let prefetch: UInt16
    private(set) var channel: RabbitMQChannel?
    private var isArming = false
    private var unsettled: RabbitMQUnsettled
    private var toldBytes = 0
    /// Events that wait for credit.
    private var waiting: [Position] = []
    private var first = 0
    /// Events that the app gave back, and when they are due.
    private var delayed: [(due: Instant, position: Position)] = []
    private var delayedWake = Wake.none
    private var armWake = Wake.none
    private var isPaused = false
    private(set) var isCancelled = false
    private var hasWarnedOfHeaders = false

    init(_ topology: RabbitMQTopology, _ inlet: any Inlet, _ component: RabbitMQPubSub) {
        self.topology = topology
        self.inlet = inlet
        self.component = component
        loop = component.loop
        let given = component.settings.prefetch
        prefetch = UInt16(
            clamping: given > 0 ? given : min(max(inlet.credit.events, 1), RabbitMQSource.prefetchDefault))
        deadLetterPlace = component.settings.keepsFailed ? topology.deadLetter?.exchange.name : nil
        unsettled = RabbitMQUnsettled(isAutomatic: component.settings.acknowledgesAtOnce)
    }

    var topic: String { topology.exchange.name }
    var isArmed: Bool { channel?.isOpen ?? false }
    let deadLetterPlace: String?

    // MARK: Arming

    /// Declares what is missing and begins to consume, on the component's present connection.
    func arm() async throws(RabbitMQFailure) {
        guard !isCancelled, !isArming, let component, let connection = component.consumer else { return }
        isArming = true
        defer { isArming = false }
        loop.cancel(armWake)
        let declaring = RabbitMQDeclaring(connection, self) { component.warn($0) }
        try await declaring.declare(topology)
        let channel = try await declaring.channel()
        self.channel = channel
        do throws(RabbitMQFailure) {
            try await channel.call(.prefetch(prefetch))
            try await channel.call(
                .consume(
                    queue: topology.queue.name, tag: Self.tag(topology.queue.name),
                    acknowledges: !unsettled.isAutomatic))
        } catch {
            channelLost()
            throw error
        }
        if isCancelled { channel.close() }
    }

    /// `<queue>-<uuid>`, cut from the left to the 255 bytes that AMQP has for it.
    private static func tag(_ queue: String) -> String {
        let tag = "\(queue)-\(RandomPool().uuid().text)"
        return tag.utf8.count <= 255 ? tag : String(decoding: tag.utf8.suffix(255), as: UTF8.self)
    }

    /// The connection is over.
    func disarm() {
        loop.cancel(armWake)
        channelLost()
    }

    /// What the app has stays; the broker sends everything again.
    private func channelLost() {
        channel?.close()
        channel = nil
        unsettled.channelEnded()
        tellBytes()
        guard !unsettled.isAutomatic else { return }
        waiting = []
        first = 0
        delayed = []
        loop.cancel(delayedWake)
    }

    /// The broker refuses the subscription: it tries again by itself.
    func refused(_ failure: RabbitMQFailure) {
        component?.warn("subscribing to topic \(topic): \(failure.reason); trying again")
        armLater(Self.refusalPause)
    }

    private func armLater(_ pause: Duration) {
        guard !isCancelled else { return }
        loop.cancel(armWake)
        armWake = loop.wake(at: loop.now + pause, self, token: Timer.arming.rawValue)
    }

    private func armAgain() async {
        guard !isCancelled, !isArmed, component?.consumer?.isOpen == true else { return }
        do throws(RabbitMQFailure) {
            try await arm()
        } catch {
            if error.kind == .refused { refused(error) } else { armLater(Self.refusalPause) }
        }
    }

    // MARK: Handing over

    /// Hands over what the inlet has credit for.
    func pump() {
        guard !isPaused, first < waiting.count, let inlet else { return }
        var credit = inlet.credit
        var batch: [ReceivedMessage] = []
        while credit.isOpen, first < waiting.count {
            let position = waiting[first]
            first += 1
            guard let message = unsettled.started(position) else { continue }
            credit.events -= 1
            credit.bytes -= message.size
            batch.append(ReceivedMessage(message, Receipt(position)))
        }
        if first == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            first = 0
        } else if first >= 512 {
            waiting.removeFirst(first)
            first = 0
        }
        if !batch.isEmpty { inlet.take(batch) }
    }

    func creditReturned() { pump() }

    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        pump()
    }

    // MARK: Settling

    func settle(_ batch: borrowing SettledBatch) {
        acknowledge(batch.acknowledged)
        for (position, attempts) in batch.released where unsettled.released(position, attempts: attempts) {
            delayed.append((loop.now + RetrySchedule.standard.wait(afterFailures: attempts), position))
        }
        if !batch.released.isEmpty { armDelayed() }
        for position in batch.rejected {
            let tag = unsettled.acknowledged(position)
            if tag > 0 { channel?.reject(tag, requeue: false) }
        }
        pump()
        tellBytes()
        component?.paceReading()
    }

    /// The component bounds the bytes of all its subscriptions together.
    private func tellBytes() {
        let bytes = isCancelled ? 0 : unsettled.bytes
        component?.unsettledBytes += bytes - toldBytes
        toldBytes = bytes
    }

    /// One acknowledgement for all that are done without a gap, and one for each of the others.
    private func acknowledge(_ positions: [Position]) {
        var tags: [UInt64] = []
        tags.reserveCapacity(positions.count)
        for position in positions {
            let tag = unsettled.acknowledged(position)
            if tag > 0 { tags.append(tag) }
        }
        guard let channel, !tags.isEmpty else { return }
        guard tags.count > 1 else { return channel.acknowledge(tags[0], multiple: false) }
        tags.sort()
        let lowest = unsettled.lowestTag
        let end = tags.firstIndex { $0 > lowest } ?? tags.count
        if end > 0 { channel.acknowledge(tags[end - 1], multiple: end > 1) }
        for tag in tags[end...] { channel.acknowledge(tag, multiple: false) }
    }

    /// Wakes up when the first event that was given back is due.
    private func armDelayed() {
        loop.cancel(delayedWake)
        guard let first = delayed.map(\.due).min(), !isCancelled else { return }
        delayedWake = loop.wake(at: first, self, token: Timer.redelivery.rawValue)
    }

    private func redeliver() {
        let now = loop.now
        waiting += delayed.filter { $0.due <= now }.map(\.position)
        delayed.removeAll { $0.due <= now }
        pump()
        armDelayed()
    }

    /// Queues events again that the broker would soon close the channel for.
    func requeueOverdue() {
        guard let channel, let component else { return }
        let limit = component.settings.holdLimit.wholeNanoseconds
        guard loop.now.nanoseconds > limit else { return }
        let tags = unsettled.overdue(since: Instant(nanoseconds: loop.now.nanoseconds - limit))
        for tag in tags { channel.reject(tag, requeue: true) }
        tellBytes()
        if !tags.isEmpty {
            component.warn(
                "\(tags.count) events of topic \(topic) were not finished within \(component.settings.holdLimit) (holdLimit) and are queued again"
            )
        }
    }

    // MARK: The end

    func cancel() async {
        guard !isCancelled else { return }
        isCancelled = true
        inlet = nil
        loop.cancel(delayedWake)
        loop.cancel(armWake)
        component?.sources.removeAll { $0 === self }
        tellBytes()
        defer { component = nil }
        guard let channel else { return }
        channel.close()
        // Its events are in the queue again before another subscription asks for them.
        let deadline = loop.now + Self.cancelLimit
        while component?.isClosed == false, !channel.isOver, loop.now < deadline {
            try? await loop.sleep(for: .milliseconds(1))
            if Task.isCancelled { break }
        }
        self.channel = nil
        component?.paceReading()
    }
}

extension RabbitMQSource: RabbitMQChannelOwner {
    func received(_ delivery: RabbitMQDelivery, _ channel: RabbitMQChannel) {
        guard !isCancelled, channel === self.channel, let component else { return }
        if delivery.properties.hasUnreadableHeaders, !hasWarnedOfHeaders {
            hasWarnedOfHeaders = true
            component.warn("an event of topic \(topic) has headers that cannot be read; it is delivered without them")
        }
        let message = RabbitMQEventMapping.message(
            delivery, topic: topic, showsProperties: component.settings.showsProperties)
        guard
            let position = unsettled.arrived(
                delivery.tag, isRedelivered: delivery.isRedelivered, message, now: loop.now)
        else { return }
        waiting.append(position)
        tellBytes()
        component.note(self)
    }

    func consumerCancelled(_ channel: RabbitMQChannel) {
        guard channel === self.channel else { return }
        component?.warn("the queue \(topology.queue.name) is gone; it is declared again, empty")
        channelLost()
        armLater(.milliseconds(10))
    }

    func channelEnded(_ channel: RabbitMQChannel, _ failure: RabbitMQFailure) {
        // Who declares is told by the call.
        guard channel === self.channel, !isArming else { return }
        component?.warn(
            "receiving from topic \(topic): the broker closed the channel: \(failure.reason); opening it again")
        channelLost()
        armLater(.milliseconds(100))
    }
}

extension RabbitMQSource: Sleeper {
    func wake(_ token: UInt64) {
        guard !isCancelled else { return }
        switch Timer(rawValue: token) {
        case .redelivery: redeliver()
        case .arming: loop.launch { await self.armAgain() }
        case nil: return
        }
    }
}
