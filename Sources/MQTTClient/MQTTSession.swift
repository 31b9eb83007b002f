internal import CMosquitto

/// libmosquitto as the codec of one session's control packets. Nothing in it blocks or touches the network; the unsafe core of this room.
@safe final class MQTTSession {
    /// What the broker said in one packet.
    struct Answer {
        enum Kind {
            case connected(sessionPresent: Bool, limits: MQTTBrokerLimits)
            case refused
            case subscribed(packetID: UInt16)
            case unsubscribed(packetID: UInt16)
            case disconnected
            case nothing
        }

        var kind: Kind
        /// The reason code of MQTT 5, the return code of MQTT 3.1.1, or the granted QoS.
        var reason: Int
        /// The broker's own words; empty where it has none.
        var text: String
    }

    private let session: OpaquePointer
    private let isV5: Bool

    /// Opens the library where that was not done, and makes a session whose CONNECT waits in the output.
    init(_ settings: MQTTConnectionSettings) throws(MQTTFailure) {
        try MQTTSession.open()
        isV5 = settings.version == .v5
        var error = [CChar](repeating: 0, count: 256)
        let made = unsafe settings.clientID.withCString { clientID in
            unsafe MQTTSession.withOptionalCString(settings.username) { username in
                unsafe MQTTSession.withOptionalCString(settings.password) { password in
                    var native = unsafe martlet_mosquitto_settings(
                        client_id: clientID, is_v5: settings.version == .v5, clean_start: settings.isClean,
                        keep_alive: settings.keepAlive, username: username, password: password,
                        session_expiry: settings.sessionExpiry, receive_maximum: settings.receiveMaximum,
                        maximum_packet_size: UInt32(clamping: settings.packetSizeMaximum))
                    return unsafe martlet_mosquitto_make(&native, &error, error.count)
                }
            }
        }
        guard let made = unsafe made else { throw MQTTFailure(.library, MQTTSession.text(error)) }
        unsafe session = made
    }

    deinit { unsafe martlet_mosquitto_free(session) }

    /// Opens libmosquitto.so.1 once for the process.
    static func open() throws(MQTTFailure) {
        guard let words = unsafe martlet_mosquitto_open() else { return }
        throw MQTTFailure(
            .library,
            "MQTT needs libmosquitto: \(unsafe String(cString: words)); install Debian's package libmosquitto1")
    }

    /// Gives the library one whole control packet.
    func feed(_ packet: RawSpan) throws(MQTTFailure) -> Answer {
        var native = martlet_mosquitto_answer()
        let status = unsafe packet.withUnsafeBytes { bytes in
            unsafe martlet_mosquitto_feed(session, bytes.baseAddress, bytes.count, &native)
        }
        var answer = MQTTSession.answer(&native)
        if case .nothing = answer.kind, status != 0 {
            throw MQTTFailure(
                .protocolViolation,
                "the broker sent a packet that libmosquitto refuses: \(unsafe String(cString: martlet_mosquitto_error(status)))",
                nativeCode: Int(status))
        }
        if answer.text.isEmpty { answer.text = words(for: answer) }
        return answer
    }

    private static func answer(_ native: inout martlet_mosquitto_answer) -> Answer {
        let kind: Answer.Kind
        if native.is_connack {
            let limits = MQTTBrokerLimits(
                qos: native.maximum_qos, isRetainAvailable: native.retain_available,
                inFlight: Int(native.receive_maximum), packetSize: Int(native.maximum_packet_size),
                keepAlive: native.server_keep_alive)
            kind =
                native.reason == 0
                ? .connected(sessionPresent: native.session_present, limits: limits) : .refused
        } else if native.is_suback {
            kind = .subscribed(packetID: UInt16(truncatingIfNeeded: native.packet_id))
        } else if native.is_unsuback {
            kind = .unsubscribed(packetID: UInt16(truncatingIfNeeded: native.packet_id))
        } else {
            kind = native.is_disconnect ? .disconnected : .nothing
        }
        let text = unsafe withUnsafeBytes(of: &native.text) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return Answer(kind: kind, reason: Int(native.reason), text: text)
    }

    /// The library's words for a reason.
    private func words(for answer: Answer) -> String {
        if case .refused = answer.kind, !isV5 {
            return unsafe String(cString: martlet_mosquitto_connack(Int32(answer.reason)))
        }
        return MQTTSession.reasonText(answer.reason)
    }

    /// The library's words for a reason code of MQTT 5.
    static func reasonText(_ reason: Int) -> String {
        unsafe String(cString: martlet_mosquitto_reason(Int32(reason)))
    }

    /// Appends what the library has for the broker.
    func takeOutput(into output: inout [UInt8]) {
        unsafe withUnsafeTemporaryAllocation(byteCount: 4_096, alignment: 1) { buffer in
            while true {
                let count = unsafe martlet_mosquitto_output(session, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                unsafe output.append(contentsOf: buffer.prefix(count))
            }
        }
    }

    /// Puts a SUBSCRIBE into the output.
    func subscribe(_ filter: String, qos: UInt8, options: UInt8) throws(MQTTFailure) -> UInt16 {
        try id(of: unsafe martlet_mosquitto_subscribe(session, filter, Int32(qos), Int32(options)))
    }

    /// Puts an UNSUBSCRIBE into the output.
    func unsubscribe(_ filter: String) throws(MQTTFailure) -> UInt16 {
        try id(of: unsafe martlet_mosquitto_unsubscribe(session, filter))
    }

    private func id(of status: Int32) throws(MQTTFailure) -> UInt16 {
        guard status <= 0 else { return UInt16(truncatingIfNeeded: status) }
        let words = unsafe String(cString: martlet_mosquitto_error(-status))
        throw MQTTFailure(.library, "libmosquitto: \(words)", nativeCode: Int(-status))
    }

    /// Puts a DISCONNECT into the output.
    func disconnect() { unsafe martlet_mosquitto_disconnect(session) }

    private static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func withOptionalCString<R>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
        guard let text else { return body(nil) }
        return unsafe text.withCString(body)
    }
}
