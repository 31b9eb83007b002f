internal import Bytes
package import Events
package import Messaging

/// From a request to an entry in a broker's batch: component, raw flag, envelope, scopes, in daprd's order of checks (spec 1.1).
///
/// Confined to a shard. It never blocks, and it allocates the envelope and little else.
package final class Publisher {
    private let appID: String
    private let writer: EnvelopeWriter
    private let scheduler: any Scheduler
    private var brokers: [String: Broker] = [:]

    package init(appID: String, writer: EnvelopeWriter, scheduler: any Scheduler) {
        self.appID = appID
        self.writer = writer
        self.scheduler = scheduler
    }

    /// Makes a component reachable under its name.
    package func add(_ broker: Broker) { brokers[broker.name] = broker }

    /// Takes a component out; publishing to it is answered as unknown from then on.
    package func remove(_ name: String) { brokers[name] = nil }

    /// The component of a name.
    package func broker(_ name: String) -> Broker? { brokers[name] }

    /// Whether a request can be published, before its body is looked at.
    package func check(_ request: borrowing PublishRequest) throws(PublishRefusal) {
        guard brokers[request.pubsub] != nil else {
            throw .unknownComponent(metadata: Publisher.pairs(of: request.metadata))
        }
        _ = try Publisher.isRaw(request.metadata)
    }

    /// Publishes a request. It either throws, or the completion is called once, later.
    package func publish(
        _ request: PublishRequest, completion: any PublishCompletion, token: UInt64
    ) throws(PublishRefusal) {
        guard let broker = brokers[request.pubsub] else {
            throw .unknownComponent(metadata: Publisher.pairs(of: request.metadata))
        }
        let isRaw = try Publisher.isRaw(request.metadata)
        let body = isRaw ? request.body : try envelope(request, broker)
        guard broker.permissions.mayPublish(request.topic) else { throw .forbidden }
        let key = request.metadata.isEmpty ? nil : request.metadata["partitionKey"]
        broker.enqueue(
            PublishEntry(
                topic: broker.topicPrefix.isEmpty ? request.topic : broker.topicPrefix + request.topic, body: body,
                metadata: request.metadata, key: key.map { Array($0.utf8) } ?? [], completion: completion, token: token)
        )
    }

    private func envelope(_ request: PublishRequest, _ broker: Broker) throws(PublishRefusal) -> [UInt8] {
        let now = scheduler.wallClock
        var context = EnvelopeContext(
            topic: request.topic, pubsubName: broker.name, appID: appID, contentType: request.contentType,
            trace: request.trace, traceState: request.traceState)
        if !request.metadata.isEmpty {
            for pair in request.metadata.pairs { _ = context.overrides.take(key: pair.key, value: pair.value) }
            // A component that expires events itself is left to it.
            if !broker.capabilities.contains(.messageTTL) {
                context.expiration = Publisher.timeToLive(request.metadata).map {
                    EventTTL.expiration(after: $0, now: now)
                }
            }
        }
        do {
            return try writer.envelope(request.body.rawSpan, context, now: now)
        } catch {
            throw .notACloudEvent(error, body: request.body)
        }
    }

    /// `ttl` before `ttlInSeconds`, each in any case; values that mean nothing are ignored.
    private static func timeToLive(_ metadata: Metadata) -> Int64? {
        for name in ["ttl", "ttlInSeconds"] {
            if let value = metadata.value(ignoringCase: name) { return EventTTL.nanoseconds(value) }
        }
        return nil
    }

    private static func isRaw(_ metadata: Metadata) throws(PublishRefusal) -> Bool {
        guard !metadata.isEmpty, let value = metadata["rawPayload"], !value.isEmpty else { return false }
        guard let isRaw = GoBool.strict(value) else { throw .badRawPayload(value, metadata: pairs(of: metadata)) }
        return isRaw
    }

    private static func pairs(of metadata: Metadata) -> [(key: String, value: String)] {
        metadata.pairs.map { ($0.key, $0.value) }
    }
}
