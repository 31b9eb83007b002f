internal import Bytes
internal import Events
internal import MQTTClient
internal import Messaging

/// Events of the seam as MQTT carries them, and back. Pure.
enum MQTTEventMapping {
    /// The content type of an envelope.
    static let envelopeType = "application/cloudevents+json"
    /// The user property that carries the ordering key, as the CloudEvents extension is called.
    static let keyProperty = "partitionkey"

    // MARK: Publishing

    static func publish(_ entry: PublishEntry, _ settings: MQTTPubSubSettings) -> MQTTPublish {
        var publish = MQTTPublish(
            topic: entry.topic, payload: entry.body, qos: settings.qos,
            isRetained: entry.metadata["retain"].map { GoBool.isTruthy($0) } ?? settings.retains)
        guard settings.version == .v5 else { return publish }
        properties(entry, into: &publish.properties)
        let isRaw = entry.metadata["rawPayload"].map { GoBool.isTruthy($0) } ?? false
        guard !isRaw else { return publish }
        if settings.publishesBinary, let binary = MQTTBinaryEvent(envelope: entry.body) {
            publish.payload = binary.data
            publish.properties.contentType = binary.contentType
            publish.properties.isText = binary.isText
            publish.properties.user = binary.attributes + publish.properties.user
        } else if entry.body.first == 0x7B, entry.body.rawSpan.contains("\"specversion\"") {
            publish.properties.contentType = envelopeType
            publish.properties.isText = true
        }
        return publish
    }

    private static func properties(_ entry: PublishEntry, into properties: inout MQTTProperties) {
        for pair in entry.metadata.pairs {
            switch pair.key {
            case "retain", "rawPayload", "retained": continue
            case "responseTopic": properties.responseTopic = pair.value
            case "correlationData": properties.correlationData = Array(pair.value.utf8)
            case "partitionKey" where !entry.key.isEmpty: continue
            case let key where key.hasPrefix("cloudevent."): continue
            case let key where isTimeToLive(key): continue
            default: properties.user.append(.init(pair.key, pair.value))
            }
        }
        properties.expiry = expiry(entry.metadata)
        if !entry.key.isEmpty {
            properties.user.append(.init(keyProperty, String(utf8Repaired: entry.key.rawSpan)))
        }
    }

    private static func isTimeToLive(_ key: String) -> Bool {
        let key = key.lowercased()
        return key == "ttl" || key == "ttlinseconds"
    }

    /// `ttl` before `ttlInSeconds`, each in any case, in whole seconds and at least one; values that mean nothing are ignored.
    private static func expiry(_ metadata: Metadata) -> UInt32? {
        for name in ["ttl", "ttlInSeconds"] {
            guard let value = metadata.value(ignoringCase: name) else { continue }
            return EventTTL.nanoseconds(value).map { nanoseconds in
                let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
                return UInt32(clamping: max(1, seconds + (rest > 0 ? 1 : 0)))
            }
        }
        return nil
    }

    // MARK: Receiving

    static func message(_ publish: MQTTPublish) -> Message {
        var message = Message(topic: publish.topic, body: publish.payload, contentType: publish.properties.contentType)
        message.metadata["retained"] = publish.isRetained ? "true" : "false"
        guard !publish.properties.isEmpty else { return message }
        let properties = publish.properties
        if let topic = properties.responseTopic { message.metadata["responseTopic"] = topic }
        if let data = properties.correlationData {
            message.metadata["correlationData"] = String(utf8Repaired: data.rawSpan)
        }
        let isBinary = MQTTBinaryEvent.isBinary(properties)
        for property in properties.user {
            if property.name == keyProperty { message.key = Array(property.value.utf8) }
            if property.name == "retained" { continue }
            if isBinary ? MQTTBinaryEvent.isAttribute(property.name) : property.name == keyProperty { continue }
            message.metadata[property.name] = property.value
        }
        if isBinary {
            message.body = MQTTBinaryEvent.envelope(publish.payload, properties)
            message.contentType = envelopeType
        }
        return message
    }
}
