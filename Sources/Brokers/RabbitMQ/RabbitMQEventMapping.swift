internal import AMQPClient
internal import Bytes
internal import Events
internal import Messaging

/// Events of the seam as AMQP carries them, and back. Pure.
enum RabbitMQEventMapping {
    /// The header that carries the ordering key, as the CloudEvents extension is called.
    static let keyHeader = "partitionkey"
    /// daprd's, for every event whose publisher names no other.
    static let contentType = "text/plain"

    // MARK: Publishing

    static func properties(
        _ metadata: Metadata, key: [UInt8], _ settings: RabbitMQPubSubSettings
    ) throws(RabbitMQFailure) -> AMQPProperties {
        var properties = AMQPProperties()
        properties.contentType = contentType
        properties.deliveryMode = settings.deliveryMode
        properties.expiration = settings.timeToLive.map { milliseconds(Int64(clamping: $0.wholeNanoseconds)) }
        if let expiration = try expiration(metadata) { properties.expiration = expiration }
        for pair in metadata.pairs {
            switch pair.key.lowercased() {
            case "ttl", "ttlinseconds", "routingkey", "rawpayload": continue
            case "partitionkey" where !key.isEmpty: continue
            case "contenttype": if !pair.value.isEmpty { properties.contentType = pair.value }
            case "messageid": properties.messageID = pair.value
            case "correlationid": properties.correlationID = pair.value
            case "type": properties.type = pair.value
            case "priority":
                guard let priority = UInt8(pair.value) else {
                    throw RabbitMQFailure(.refused, "the metadata priority is not a number from 0 to 255")
                }
                properties.priority = priority
            default: properties.headers.append(pair.key, .text(pair.value))
            }
        }
        if !key.isEmpty { properties.headers.append(keyHeader, .text(String(utf8Repaired: key.rawSpan))) }
        return properties
    }

    /// `ttl` before `ttlInSeconds`, each in any case.
    private static func expiration(_ metadata: Metadata) throws(RabbitMQFailure) -> String? {
        for name in ["ttl", "ttlInSeconds"] {
            guard let value = metadata.value(ignoringCase: name), !value.isEmpty else { continue }
            guard let nanoseconds = EventTTL.nanoseconds(value) else {
                throw RabbitMQFailure(.refused, "the metadata \(name) is not a time above zero, such as 60 or 1m30s")
            }
            return milliseconds(nanoseconds)
        }
        return nil
    }

    /// Not less than asked for; RabbitMQ takes no more than 50 days.
    private static func milliseconds(_ nanoseconds: Int64) -> String {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return "\(min(whole + (rest > 0 ? 1 : 0), 4_294_967_295))"
    }

    // MARK: Receiving

    static func message(_ delivery: RabbitMQDelivery, topic: String, showsProperties: Bool) -> Message {
        let properties = delivery.properties
        var message = Message(topic: topic, body: delivery.body, contentType: properties.contentType)
        for header in properties.headers.entries {
            if header.name == keyHeader {
                message.key = Array((header.value.text ?? "").utf8)
            } else if header.name == "x-delivery-count", case .integer(let count) = header.value {
                message.earlierAttempts = Int(clamping: count)
            } else if !isBrokers(header.name), case .text(let text) = header.value {
                message.metadata[header.name] = text
            }
        }
        if showsProperties { show(properties, in: &message.metadata) }
        return message
    }

    /// Headers that RabbitMQ itself sets.
    private static func isBrokers(_ name: String) -> Bool {
        name == "x-death" || name.hasPrefix("x-first-death-") || name.hasPrefix("x-last-death-")
            || name == "x-delivery-count"
    }

    private static func show(_ properties: AMQPProperties, in metadata: inout Metadata) {
        for (name, value) in [
            ("messageid", properties.messageID), ("correlationid", properties.correlationID),
            ("type", properties.type), ("contenttype", properties.contentType),
        ] {
            if let value, !value.isEmpty { metadata["metadata.\(name)"] = value }
        }
        for header in properties.headers.entries {
            if let text = header.value.text { metadata["metadata.\(header.name)"] = text }
        }
    }
}
