internal import Bytes
package import Events
package import Messaging

/// From a request to an entry in a broker's batch: component, raw flag, envelope, scopes, in daprd's order of checks (spec 1.1).
///
/// Confined to a shard. It never blocks, and it allocates the envelope and little else.
package final class Publisher {
    private let appID: String
    let writer: EnvelopeWriter
    private let scheduler: any Scheduler
    private var brokers: [String: Broker] = [:]
    /// The component that was published to last: nearly always the next one too.
    private var last: Broker?

    package init(appID: String, writer: EnvelopeWriter, scheduler: any Scheduler) {
        self.appID = appID
        self.writer = writer
        self.scheduler = scheduler
    }

    /// Makes a component reachable under its name.
    package func add(_ broker: Broker) {
        brokers[broker.name] = broker
        last = nil
    }

    /// Takes a component out; publishing to it is answered as unknown from then on.
    package func remove(_ name: String) {
        brokers[name] = nil
        last = nil
    }

    /// The component of a name.
    package func broker(_ name: String) -> Broker? { brokers[name] }

    /// Whether a request can be published, before its body is looked at.
    package func check(_ request: borrowing PublishRequest) throws(PublishRefusal) {
        try check(request.pubsub, request.metadata)
    }

    /// Whether events can be published to a component with this metadata, before their bytes are looked at.
    package func check(_ pubsub: String, _ metadata: Metadata) throws(PublishRefusal) {
        _ = try broker(of: pubsub, metadata)
        _ = try Publisher.isRaw(metadata)
    }

    func broker(of pubsub: String, _ metadata: Metadata) throws(PublishRefusal) -> Broker {
        if let last, last.name == pubsub { return last }
        guard let broker = brokers[pubsub] else {
            throw .unknownComponent(metadata: Publisher.pairs(of: metadata))
        }
        last = broker
        return broker
    }

    /// Publishes a request. It either throws, or the completion is called once, later.
    package func publish(
        _ request: PublishRequest, completion: any PublishCompletion, token: UInt64
    ) throws(PublishRefusal) {
        let broker = try broker(of: request.pubsub, request.metadata)
        let isRaw = try Publisher.isRaw(request.metadata)
        let body = isRaw ? request.body : try envelope(request, broker)
        guard broker.permissions.mayPublish(request.topic) else { throw .forbidden }
        broker.enqueue(
            PublishEntry(
                topic: broker.topicPrefix.isEmpty ? request.topic : broker.topicPrefix + request.topic, body: body,
                metadata: request.metadata, key: Publisher.orderingKey(request.metadata), completion: completion,
                token: token)
        )
    }

    private func envelope(_ request: PublishRequest, _ broker: Broker) throws(PublishRefusal) -> [UInt8] {
        let attributes = EventAttributes(
            topic: request.topic, contentType: request.contentType, metadata: request.metadata, trace: request.trace,
            traceState: request.traceState)
        return try envelope(request.body.rawSpan, attributes, broker)
    }

    /// What an event's envelope is made of, beside its bytes.
    struct EventAttributes {
        let topic: String
        let contentType: String
        let metadata: Metadata
        let trace: TraceContext?
        let traceState: String
    }

    @inline(__always)
    func envelope(
        _ body: RawSpan, _ attributes: EventAttributes, _ broker: Broker
    ) throws(PublishRefusal) -> [UInt8] {
        let now = scheduler.wallClock
        var context = EnvelopeContext(
            topic: attributes.topic, pubsubName: broker.name, appID: appID, contentType: attributes.contentType,
            trace: attributes.trace, traceState: attributes.traceState)
        if !attributes.metadata.isEmpty {
            for pair in attributes.metadata.pairs { _ = context.overrides.take(key: pair.key, value: pair.value) }
            // A component that expires events itself is left to it.
            if !broker.capabilities.contains(.messageTTL) {
                context.expiration = Publisher.timeToLive(attributes.metadata).map {
                    EventTTL.expiration(after: $0, now: now)
                }
            }
        }
        do {
            return try writer.envelope(body, context, now: now)
        } catch {
            throw .notACloudEvent(error, body: [UInt8](body))
        }
    }

    static func orderingKey(_ metadata: Metadata) -> [UInt8] {
        guard !metadata.isEmpty, let key = metadata["partitionKey"] else { return [] }
        return Array(key.utf8)
    }

    /// `ttl` before `ttlInSeconds`, each in any case; values that mean nothing are ignored.
    private static func timeToLive(_ metadata: Metadata) -> Int64? {
        for name in ["ttl", "ttlInSeconds"] {
            if let value = metadata.value(ignoringCase: name) { return EventTTL.nanoseconds(value) }
        }
        return nil
    }

    static func isRaw(_ metadata: Metadata) throws(PublishRefusal) -> Bool {
        guard !metadata.isEmpty, let value = metadata["rawPayload"], !value.isEmpty else { return false }
        guard let isRaw = GoBool.strict(value) else { throw .badRawPayload(value, metadata: pairs(of: metadata)) }
        return isRaw
    }

    private static func pairs(of metadata: Metadata) -> [(key: String, value: String)] {
        metadata.pairs.map { ($0.key, $0.value) }
    }
}
