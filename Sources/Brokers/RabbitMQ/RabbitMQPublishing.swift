internal import AMQPClient
internal import Bytes
internal import Loop
internal import Messaging

/// The publishing half of a component: a channel with confirms, a channel for declarations, and the topics.
///
/// An exchange is declared before the first event to it, beside the channel with confirms, because a refusal ends a channel and makes unknown
/// what is on its way there.
final class RabbitMQPublishing {
    /// Events that may wait for their exchanges; more are refused.
    static let waitingMaximum = 1 << 14
    /// Topics that are remembered; beyond it all are forgotten and declared again.
    static let topicsMaximum = 10_000

    private unowned let component: RabbitMQPubSub
    private let loop: EventLoop
    private let settings: RabbitMQPubSubSettings
    private var channel: RabbitMQChannel?
    /// Counts publishing channels.
    private var epoch: UInt64 = 1
    private var topics: [String: RabbitMQTopic] = [:]
    private var lastTopic: RabbitMQTopic?
    private var undeclared: [RabbitMQTopic] = []
    private var isDeclaring = false
    private var waitingCount = 0
    private var plainProperties: [UInt8] = []
    private var refused: [(PublishEntry, ComponentError)] = []
    private var unroutable = 0
    private var unroutableTold = 0

    init(_ component: RabbitMQPubSub) {
        self.component = component
        loop = component.loop
        settings = component.settings
    }

    /// Publishes that are not answered.
    var outstanding: Int { (channel?.outstanding ?? 0) + waitingCount }

    // MARK: Publishing

    func publish(_ batch: [PublishEntry]) {
        guard let producer = component.producer, producer.isOpen, component.isConnected, !component.isClosed else {
            let reason = component.isClosed ? "component is closed" : "not connected to \(settings.address.endpoint)"
            for entry in batch { refuse(entry, component.isClosed ? .closed : .unavailable, reason) }
            return
        }
        if let reason = producer.blockedReason {
            for entry in batch {
                refuse(entry, .full, "the broker takes no events now: \(reason); publish again later")
            }
            return
        }
        for entry in batch {
            guard !producer.isFull, waitingCount < Self.waitingMaximum else {
                refuse(entry, .full, "too much waits for the broker to take it; publish again later")
                continue
            }
            let topic = topic(entry.topic)
            if topic.declaredOn == epoch, let channel, channel.isOpen {
                send(entry, topic, channel)
            } else {
                wait(entry, topic)
            }
        }
    }

    private func topic(_ name: String) -> RabbitMQTopic {
        if let lastTopic, lastTopic.name.hasSameBytes(as: name) { return lastTopic }
        let topic: RabbitMQTopic
        if let known = topics[name] {
            topic = known
        } else {
            if topics.count >= Self.topicsMaximum { topics = topics.filter { !$0.value.waiting.isEmpty } }
            topic = RabbitMQTopic(name)
            topics[name] = topic
        }
        lastTopic = topic
        return topic
    }

    private func send(_ entry: PublishEntry, _ topic: RabbitMQTopic, _ channel: RabbitMQChannel) {
        do throws(RabbitMQFailure) {
            let head = try head(entry, topic, channel)
            let properties = try properties(entry, channel)
            channel.publish(
                head: head, properties: properties, body: entry.body, RabbitMQPublish(entry, topic, self),
                token: entry.token)
        } catch {
            refuse(entry, .refused, error.reason)
        }
    }

    private func head(
        _ entry: PublishEntry, _ topic: RabbitMQTopic, _ channel: RabbitMQChannel
    ) throws(RabbitMQFailure) -> [UInt8] {
        let key = entry.metadata.isEmpty ? nil : entry.metadata.value(ignoringCase: "routingKey")
        let isMandatory = settings.mandatory != .never
        if let key, !key.isEmpty {
            return try channel.publishHead(
                exchange: topic.name, key: key, mandatory: isMandatory || entry.needsPlace)
        }
        if entry.needsPlace, !isMandatory {
            return try channel.publishHead(exchange: topic.name, key: "", mandatory: true)
        }
        if topic.head.isEmpty {
            topic.head = try channel.publishHead(exchange: topic.name, key: "", mandatory: isMandatory)
        }
        return topic.head
    }

    private func properties(_ entry: PublishEntry, _ channel: RabbitMQChannel) throws(RabbitMQFailure) -> [UInt8] {
        guard entry.metadata.isEmpty, entry.key.isEmpty else {
            return try channel.propertyBytes(
                try RabbitMQEventMapping.properties(entry.metadata, key: entry.key, settings))
        }
        if plainProperties.isEmpty {
            plainProperties = try channel.propertyBytes(
                try RabbitMQEventMapping.properties(Metadata(), key: [], settings))
        }
        return plainProperties
    }

    /// Ends an entry that is not sent, at the turn's end.
    private func refuse(_ entry: PublishEntry, _ code: ComponentError.Code, _ reason: String) {
        if refused.isEmpty { loop.atTurnEnd(self) }
        refused.append((entry, component.error(code, "publishing to topic \(entry.topic)", reason)))
    }

    // MARK: Declaring

    private func wait(_ entry: PublishEntry, _ topic: RabbitMQTopic) {
        if topic.waiting.isEmpty { undeclared.append(topic) }
        topic.waiting.append(entry)
        waitingCount += 1
        guard !isDeclaring else { return }
        isDeclaring = true
        loop.launch { await self.declareAll() }
    }

    private func declareAll() async {
        var declaring: RabbitMQDeclaring?
        while let topic = undeclared.first {
            var failure: RabbitMQFailure?
            do throws(RabbitMQFailure) {
                guard let connection = component.producer, connection.isOpen else {
                    throw RabbitMQFailure(.unavailable, "not connected to \(settings.address.endpoint)")
                }
                if declaring?.connection !== connection {
                    let component = component
                    declaring = RabbitMQDeclaring(connection, self) { component.warn($0) }
                }
                try await openChannel(on: connection)
                try await declaring?.declare(settings.exchange(of: topic.name))
            } catch {
                failure = error
            }
            // Meanwhile the connection may have ended, and with it what waited.
            guard undeclared.first === topic else { continue }
            undeclared.removeFirst()
            declared(topic, failure)
        }
        isDeclaring = false
        declaring?.close()
    }

    private func openChannel(on connection: RabbitMQConnection) async throws(RabbitMQFailure) {
        if let channel, channel.isOpen { return }
        let opened = try await connection.openChannel(self)
        try await opened.call(.confirmSelect)
        epoch += 1
        channel = opened
    }

    private func declared(_ topic: RabbitMQTopic, _ failure: RabbitMQFailure?) {
        let entries = topic.waiting
        topic.waiting = []
        waitingCount -= entries.count
        guard failure == nil, let channel, channel.isOpen else {
            let error = RabbitMQErrors.failure(
                failure ?? RabbitMQFailure(.unavailable, "the broker closed the channel; publish again"), action: "")
            for entry in entries { refuse(entry, error.code, error.reason) }
            return
        }
        topic.declaredOn = epoch
        for entry in entries { send(entry, topic, channel) }
    }

    /// What waits for its exchange was not sent; what is on its way is told by the channel.
    func connectionEnded(_ reason: RabbitMQFailure) {
        channel = nil
        epoch += 1
        let topics = undeclared
        undeclared = []
        let code = RabbitMQErrors.failure(reason, action: "").code
        for topic in topics {
            for entry in topic.waiting { refuse(entry, code, reason.reason) }
            waitingCount -= topic.waiting.count
            topic.waiting = []
        }
    }

    // MARK: Ends

    fileprivate func ended(_ publish: RabbitMQPublish, _ failure: RabbitMQFailure?, _ token: UInt64) {
        guard let failure else {
            publish.topic.wasRouted = true
            return publish.completion.published(.stored, token: token)
        }
        if failure.kind == .unroutable, !publish.needsPlace, !isMissed(publish.topic) {
            unroutable += 1
            tellUnroutable(publish.topic)
            return publish.completion.published(.stored, token: token)
        }
        var error = RabbitMQErrors.failure(failure, action: "publishing to topic \(publish.topic.name)")
        error.component = component.context.title
        publish.completion.published(.failed(error), token: token)
    }

    /// Whether an event that no queue takes is one that should have one.
    private func isMissed(_ topic: RabbitMQTopic) -> Bool {
        settings.mandatory == .always || topic.wasRouted || component.sources.contains { $0.topic == topic.name }
    }

    /// At the first, the tenth, the hundredth …
    private func tellUnroutable(_ topic: RabbitMQTopic) {
        guard unroutable >= unroutableTold * 10 else { return }
        unroutableTold = max(1, unroutable)
        component.warn(
            "\(unroutable) events have gone nowhere, the latest to topic \(topic.name): no queue takes them; set mandatory: always to make that an error"
        )
    }
}

extension RabbitMQPublishing: RabbitMQChannelOwner {
    func received(_ delivery: RabbitMQDelivery, _ channel: RabbitMQChannel) {}

    func consumerCancelled(_ channel: RabbitMQChannel) {}

    func channelEnded(_ channel: RabbitMQChannel, _ failure: RabbitMQFailure) {
        guard channel === self.channel else { return }
        component.warn("publishing: the broker closed the channel: \(failure.reason); opening it again")
        self.channel = nil
        epoch += 1
    }
}

extension RabbitMQPublishing: TurnParticipant {
    /// Tells the publishers whose entries were not sent.
    func turnEnded() {
        let ended = refused
        refused = []
        for (entry, error) in ended { entry.completion.published(.failed(error), token: entry.token) }
    }
}

/// One publish on its way.
private final class RabbitMQPublish: RabbitMQPublishCompletion {
    let topic: RabbitMQTopic
    let needsPlace: Bool
    let completion: any PublishCompletion
    private let publishing: RabbitMQPublishing

    init(_ entry: PublishEntry, _ topic: RabbitMQTopic, _ publishing: RabbitMQPublishing) {
        self.topic = topic
        needsPlace = entry.needsPlace
        completion = entry.completion
        self.publishing = publishing
    }

    func published(_ failure: RabbitMQFailure?, token: UInt64) { publishing.ended(self, failure, token) }
}
