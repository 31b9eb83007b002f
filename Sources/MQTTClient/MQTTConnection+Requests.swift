package import Loop
internal import Messaging

/// Who holds a connection.
package protocol MQTTConnectionOwner: AnyObject {
    /// The connection is open. Called before any event of it, which may have come in the same read as the broker's answer.
    func opened(_ connection: MQTTConnection)
    /// An event came. With a QoS above 0 it waits for `acknowledge`.
    func received(_ publish: MQTTPublish, _ connection: MQTTConnection)
    /// QoS 2: the broker knows that we have the event, and may use its packet id for another one.
    func released(_ packetID: UInt16, _ connection: MQTTConnection)
    /// Everything that had come at once was handed over.
    func receivedAll(_ connection: MQTTConnection)
    /// An open connection is over; its outstanding publishes have been told before. Never called after `close()`.
    func connectionEnded(_ connection: MQTTConnection, _ failure: MQTTFailure)
}

/// A SUBSCRIBE or UNSUBSCRIBE, and who waits for the answer.
struct MQTTRequest {
    struct Answer: Sendable {
        var reason: Int
        var text: String
    }

    var packetID: UInt16
    var deadline: Instant
    /// `nil` where nobody waits.
    var continuation: CheckedContinuation<Result<Answer, MQTTFailure>, Never>?
}

extension MQTTConnection {
    /// Connects: one attempt, within the settings' `connectTimeout`.
    package static func open(
        _ settings: MQTTConnectionSettings, on loop: EventLoop, owner: any MQTTConnectionOwner
    ) async throws(MQTTFailure) -> MQTTConnection {
        let connection = MQTTConnection(settings, on: loop, owner: owner)
        let result = await withCheckedContinuation { continuation in
            connection.opening = continuation
            connection.start()
        }
        try result.get()
        return connection
    }

    /// Subscribes, and waits for the broker's answer.
    /// - Parameter options: of MQTT 5, section 3.8.3.1: no local, retain as published, retain handling.
    package func subscribe(_ filter: String, qos: UInt8, options: UInt8 = 0) async throws(MQTTFailure) {
        if let refusal = MQTTTopic.refusal(ofFilter: filter) { throw MQTTFailure(.refused, "the topic \(refusal)") }
        let answer = try await request { session throws(MQTTFailure) in
            try session.subscribe(filter, qos: qos, options: options)
        }
        guard answer.reason < 0x80 else { throw MQTTReasons.refusedSubscription(answer.reason, answer.text) }
    }

    /// Unsubscribes, and waits for the broker's answer.
    package func unsubscribe(_ filter: String) async throws(MQTTFailure) {
        _ = try await request { session throws(MQTTFailure) in try session.unsubscribe(filter) }
    }

    private func request(
        _ body: (MQTTSession) throws(MQTTFailure) -> UInt16
    ) async throws(MQTTFailure) -> MQTTRequest.Answer {
        guard state == .open, let session else {
            throw failure ?? MQTTFailure(.closed, "the connection is not open")
        }
        let id = try body(session)
        takeControlOutput()
        let deadline = loop.now + MQTTConnection.replyTimeout
        let result = await withCheckedContinuation { continuation in
            requests.append(MQTTRequest(packetID: id, deadline: deadline, continuation: continuation))
            applyPause()
            arm()
        }
        return try result.get()
    }
}
