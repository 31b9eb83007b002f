/// The reason codes of a broker as failures that say what to do. Pure but for the library's words.
enum MQTTReasons {
    /// CONNACK with a reason (MQTT 5) or a return code (3.1.1).
    static func refusedConnection(_ reason: Int, _ text: String, _ settings: MQTTConnectionSettings) -> MQTTFailure {
        let isV5 = settings.version == .v5
        let said = "\(settings.endpoint): the broker refuses the connection: \(text)"
        switch reason {
        case 4 where !isV5, 5 where !isV5, 0x86, 0x87:
            return MQTTFailure(
                .refused,
                "\(said); check user and password in url, and what the broker allows client \(settings.clientID)",
                nativeCode: reason)
        case 2 where !isV5, 0x85:
            return MQTTFailure(
                .refused, "\(said); set consumerID to a client id that the broker takes", nativeCode: reason)
        case 1 where !isV5, 0x84:
            return MQTTFailure(
                .refused, "\(said); use \(isV5 ? "pubsub.mqtt3" : "pubsub.mqtt5") if it speaks that", nativeCode: reason
            )
        case 3 where !isV5, 0x88, 0x89, 0x97, 0x9F: return MQTTFailure(.unavailable, said, nativeCode: reason)
        default: return MQTTFailure(.refused, said, nativeCode: reason)
        }
    }

    /// DISCONNECT of the broker, MQTT 5.
    static func disconnected(_ reason: Int, _ text: String, _ settings: MQTTConnectionSettings) -> MQTTFailure {
        let said = "\(settings.endpoint): the broker ended the connection: \(text)"
        if reason == 0x8E {
            return MQTTFailure(
                .unavailable,
                "\(said): another client uses the client id \(settings.clientID); give each instance its own consumerID, such as {uuid} or {podName}",
                nativeCode: reason)
        }
        return MQTTFailure(.unavailable, said, nativeCode: reason)
    }

    static func refusedSubscription(_ reason: Int, _ text: String) -> MQTTFailure {
        // In MQTT 3.1.1 there is only 0x80, whose words say nothing.
        let words =
            reason == 0x80
            ? "the broker refuses it; check what it allows this client" : "the broker refuses it: \(text)"
        return MQTTFailure(.refused, words, nativeCode: reason)
    }

    /// `nil` where the broker took the event.
    static func refusedPublish(_ acknowledgement: MQTTAcknowledgement) -> MQTTFailure? {
        guard acknowledgement.reason >= 0x80 else { return nil }
        let reason = Int(acknowledgement.reason)
        let words = acknowledgement.text.isEmpty ? MQTTSession.reasonText(reason) : acknowledgement.text
        return MQTTFailure(
            reason == 0x97 ? .full : .refused, "the broker refuses the event: \(words)", nativeCode: reason)
    }
}
