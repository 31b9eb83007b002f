internal import Bytes
internal import Messaging

extension MQTTConnection {
    /// One packet of the broker: events and their acknowledgements are ours, everything else is the library's.
    func take(_ packet: RawSpan) throws(MQTTFailure) {
        guard state != .ended else { return }
        switch packet.byteOrZero(at: 0) >> 4 {
        case 3 where state == .open:
            let publish = try MQTTPublish(packet, version: settings.version)
            owner?.received(publish, self)
        case 4 where state == .open, 5 where state == .open, 7 where state == .open:
            if let acknowledgement = try MQTTAcknowledgement(packet, version: settings.version) {
                acknowledged(acknowledgement)
            }
        case 6 where state == .open:
            if let release = try MQTTAcknowledgement(packet, version: settings.version) {
                owner?.released(release.packetID, self)
                send(MQTTAcknowledgement(.completed, release.packetID))
            }
        case 13: break
        case 2, 9, 11, 14: try takeControl(packet)
        default:
            throw MQTTFailure(
                .protocolViolation,
                "the broker sent packet type \(packet.byteOrZero(at: 0) >> 4) out of turn; is it an MQTT broker?")
        }
    }

    private func takeControl(_ packet: RawSpan) throws(MQTTFailure) {
        guard let session else { return }
        let answer = try session.feed(packet)
        takeControlOutput()
        switch answer.kind {
        case .connected(let sessionPresent, let limits):
            guard state == .greeting else {
                throw MQTTFailure(.protocolViolation, "the broker sent a second CONNACK")
            }
            opened(limits, sessionPresent: sessionPresent)
        case .refused:
            throw MQTTReasons.refusedConnection(answer.reason, answer.text, settings)
        case .subscribed(let id): answered(id, .init(reason: answer.reason, text: answer.text))
        case .unsubscribed(let id): answered(id, .init(reason: 0, text: answer.text))
        case .disconnected: throw MQTTReasons.disconnected(answer.reason, answer.text, settings)
        case .nothing: break
        }
    }

    /// SUBACK or UNSUBACK.
    private func answered(_ id: UInt16, _ answer: MQTTRequest.Answer) {
        guard let index = requests.firstIndex(where: { $0.packetID == id }) else { return }
        let request = requests.remove(at: index)
        request.continuation?.resume(returning: .success(answer))
        applyPause()
    }

    /// PUBACK, PUBREC or PUBCOMP.
    private func acknowledged(_ acknowledgement: MQTTAcknowledgement) {
        switch window.received(acknowledgement) {
        case .ended(let waiter):
            pendingBytes -= waiter.size
            end(waiter, MQTTReasons.refusedPublish(acknowledgement))
            sendWaiting()
        case .release(let id): send(MQTTAcknowledgement(.release, id))
        case .unknown: break
        }
    }

    /// The application is done with an event: PUBACK, or PUBREC for QoS 2.
    package func acknowledge(_ packetID: UInt16, qos: UInt8) {
        guard state == .open, qos > 0 else { return }
        send(MQTTAcknowledgement(qos == 1 ? .acknowledged : .recorded, packetID))
    }

    private func send(_ acknowledgement: MQTTAcknowledgement) {
        acknowledgement.append(to: &output)
        askFlush()
    }
}
