internal import Bytes
internal import Loop
internal import Messaging

/// Who waits for the end of a publish. Confined to the shard of the connection.
package protocol MQTTPublishCompletion: AnyObject {
    /// Called exactly once for each publish that was taken, never from inside `publish`. `nil`: the broker has it.
    func published(_ failure: MQTTFailure?, token: UInt64)
}

/// A publish on its way.
struct MQTTWaiter {
    var completion: any MQTTPublishCompletion
    var token: UInt64
    var deadline: Instant
    /// Counts publishes in the order of sending.
    var number: UInt64
    var size: Int
}

extension MQTTConnection {
    /// Whether a bound is reached: the owner refuses what can be refused.
    package var isFull: Bool {
        pendingBytes + output.count >= MQTTConnection.pendingBytesMaximum
            || window.count + waiting.count - firstWaiting >= MQTTConnection.pendingEventsMaximum
    }

    /// Publishes that wait for the broker.
    package var outstanding: Int { window.count + waiting.count - firstWaiting + unacknowledged.count }

    /// Why the broker would not take an event; `nil` where nothing is known against it.
    package func refusal(of publish: MQTTPublish) -> MQTTFailure? {
        if let refusal = MQTTTopic.refusal(ofName: publish.topic) {
            return MQTTFailure(.refused, "the topic \(refusal)")
        }
        if let long = publish.properties.tooLong { return MQTTFailure(.refused, "\(long) has more than 65535 bytes") }
        if publish.qos > limits.qos {
            return MQTTFailure(.refused, "the broker takes QoS \(limits.qos) at most; set qos to that")
        }
        if publish.isRetained, !limits.isRetainAvailable {
            return MQTTFailure(.refused, "the broker keeps no retained events; publish without retain")
        }
        let length = publish.encodedLength(settings.version)
        let maximum = limits.packetSize > 0 ? limits.packetSize : 268_435_455
        guard length > maximum else { return nil }
        return MQTTFailure(.refused, "the event takes \(length) bytes, the broker takes \(maximum) at most")
    }

    /// Takes an event that `refusal(of:)` has nothing against: it goes out with all others of this turn, or when the broker has room.
    package func publish(_ publish: MQTTPublish, _ completion: any MQTTPublishCompletion, token: UInt64) {
        precondition(state == .open, "an event is published on a connection that is not open")
        let waiter = MQTTWaiter(
            completion: completion, token: token, deadline: loop.now + MQTTConnection.replyTimeout, number: 0,
            size: publish.payload.count + publish.topic.utf8.count + 64)
        pendingBytes += waiter.size
        if waiting.isEmpty, !window.isFull || publish.qos == 0 {
            send(publish, waiter)
        } else {
            waiting.append((publish, waiter))
        }
    }

    private func send(_ publish: MQTTPublish, _ waiter: MQTTWaiter) {
        var publish = publish
        var waiter = waiter
        sent += 1
        waiter.number = sent
        if publish.qos == 0 {
            unacknowledged.append(waiter)
        } else {
            let wasIdle = window.count == 0
            guard let id = window.begin(waiter, qos: publish.qos) else { return }
            publish.packetID = id
            if wasIdle { armSoon() }
        }
        publish.append(to: &output, version: settings.version)
        askFlush()
    }

    /// Sends what the broker has room for now.
    func sendWaiting() {
        while firstWaiting < waiting.count, !window.isFull {
            let (publish, waiter) = waiting[firstWaiting]
            firstWaiting += 1
            send(publish, waiter)
        }
        if firstWaiting == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            firstWaiting = 0
        } else if firstWaiting >= 1_024 {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
    }

    func end(_ waiter: MQTTWaiter, _ failure: MQTTFailure?) {
        waiter.completion.published(failure, token: waiter.token)
    }

    /// Events of QoS 0 are over when they are written: nobody tells more.
    func endUnacknowledged() {
        guard !unacknowledged.isEmpty else { return }
        let ended = unacknowledged
        unacknowledged = []
        for waiter in ended {
            pendingBytes -= waiter.size
            end(waiter, nil)
        }
    }

    /// The connection is over: what was written may be there, what was not is not.
    func failWaiters(_ failure: MQTTFailure) {
        let waiters = window.removeAll() + unacknowledged + waiting[firstWaiting...].map(\.waiter)
        unacknowledged = []
        waiting = []
        firstWaiting = 0
        pendingBytes = 0
        output = []
        for waiter in waiters {
            var failure = failure
            failure.wasWritten = waiter.number > 0 && waiter.number <= flushed
            end(waiter, failure)
        }
    }
}
