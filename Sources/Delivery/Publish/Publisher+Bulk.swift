internal import Bytes
internal import Events
package import Messaging

/// Several events in one request (spec 1.2): all of them are checked and made before the first is published.
extension Publisher {
    /// Checks a request and makes the envelopes of its entries, in daprd's order: the list, contents and ids, envelopes, scopes.
    /// One bad entry refuses all.
    package func prepare(
        _ request: borrowing BulkPublishRequest, _ tracer: Tracer
    ) throws(PublishRefusal) -> PreparedBulk {
        let broker = try broker(of: request.pubsub, request.metadata)
        let isRaw = try Publisher.isRaw(request.metadata)
        let entries: [BulkPublishEntry]
        do {
            entries = try BulkPublishList.read(request.body.rawSpan)
        } catch {
            throw .malformedBulk(error, body: request.body)
        }
        let contents = try Publisher.contents(of: entries, in: request.body)
        var bulk = PreparedBulk(broker: broker, topic: broker.topicPrefix + request.topic)
        bulk.events.reserveCapacity(entries.count)
        bulk.ids.reserveCapacity(entries.count)
        for (entry, content) in zip(entries, contents) {
            let event = try self.event(entry, content, request, broker, isRaw: isRaw, tracer)
            bulk.size += event.body.count
            if let span = event.span, tracer.recorder(of: span) != nil { bulk.spans.append(span) }
            bulk.events.append(event)
            bulk.ids.append(entry.id)
        }
        guard broker.permissions.mayPublish(request.topic) else { throw .forbidden }
        return bulk
    }

    /// Publishes what was prepared. The completion is called once for each entry, later, with the entry's place in the list as its token.
    package func publish(_ bulk: consuming PreparedBulk, completion: any PublishCompletion) {
        let broker = bulk.broker
        let topic = bulk.topic
        for (index, event) in bulk.events.enumerated() {
            broker.enqueue(
                PublishEntry(
                    topic: topic, body: event.body, metadata: event.metadata,
                    key: Publisher.orderingKey(event.metadata), completion: completion, token: UInt64(index)))
        }
    }

    /// The bytes that an entry means by its content type.
    private enum Content {
        /// A part of the request's body.
        case part(Range<Int>)
        case own([UInt8])
    }

    private static let null = Array("null".utf8)

    private static func contents(
        of entries: [BulkPublishEntry], in body: [UInt8]
    ) throws(PublishRefusal) -> [Content] {
        var contents: [Content] = []
        contents.reserveCapacity(entries.count)
        var ids = Set<String>(minimumCapacity: entries.count)
        for entry in entries {
            contents.append(try content(of: entry, in: body))
            guard !entry.id.isEmpty, ids.insert(entry.id).inserted else { throw .entryIDs }
        }
        return contents
    }

    private static func content(of entry: BulkPublishEntry, in body: [UInt8]) throws(PublishRefusal) -> Content {
        switch ContentKind(entry.contentType) {
        case .json, .cloudEvent:
            return entry.event.map { .part($0) } ?? .own(null)
        case .text:
            return .own(JSONText.unescaped(body.rawSpan.extracting(try string(entry, in: body))))
        case .binary where ContentKind.isOctetStream(entry.contentType):
            let text = JSONText.unescaped(body.rawSpan.extracting(try string(entry, in: body)))
            guard let bytes = Base64.decode(text.rawSpan) else {
                throw .entryContent(.base64(at: Base64.faultOffset(text.rawSpan)))
            }
            return .own(bytes)
        case .binary, .protobuf, .other:
            throw .entryContent(.mismatch)
        }
    }

    /// What lies between the quotes of an event that is a string.
    private static func string(_ entry: BulkPublishEntry, in body: [UInt8]) throws(PublishRefusal) -> Range<Int> {
        guard let event = entry.event, body[event.lowerBound] == 0x22 else { throw .entryContent(.mismatch) }
        return event.lowerBound + 1..<event.upperBound - 1
    }

    private func event(
        _ entry: BulkPublishEntry, _ content: Content, _ request: borrowing BulkPublishRequest, _ broker: Broker,
        isRaw: Bool, _ tracer: Tracer
    ) throws(PublishRefusal) -> PreparedBulk.Event {
        // Pairs of the request reach only entries that have pairs of their own, even none (`{}`), except where the broker takes a whole bulk.
        let own = entry.metadata.map { Publisher.merged(request.metadata, $0) }
        let carried = own ?? (broker.capabilities.contains(.bulkPubSub) ? request.metadata : Metadata())
        if isRaw {
            return switch content {
            case .part(let range): .init(body: writer.mended(request.body.rawSpan.extracting(range)), metadata: carried)
            case .own(let bytes): .init(body: bytes, metadata: carried)
            }
        }
        let span = tracer.entrySpan(request: request.trace)
        let attributes = EventAttributes(
            topic: request.topic, contentType: entry.contentType, metadata: own ?? Metadata(), trace: span,
            traceState: request.traceState)
        let envelope =
            switch content {
            case .part(let range): try envelope(request.body.rawSpan.extracting(range), attributes, broker)
            case .own(let bytes): try envelope(bytes.rawSpan, attributes, broker)
            }
        return .init(body: envelope, metadata: carried, span: span)
    }

    /// The pairs of an entry over those of its request.
    private static func merged(_ request: Metadata, _ entry: [(key: String, value: String)]) -> Metadata {
        var merged = request
        for pair in entry { merged[pair.key] = pair.value }
        return merged
    }
}
