internal import Loop
internal import Messaging

extension RabbitMQConnection {
    /// Looks after the connection every quarter of the heartbeat, and every second while somebody waits.
    func arm() {
        loop.cancel(tick)
        var interval = Duration.seconds(5)
        if state == .open, greeting.heartbeat > 0 {
            interval = min(.milliseconds(250 * Int(greeting.heartbeat)), interval)
        }
        if state != .open || pendingEvents > 0 || channels.contains(where: { $0?.isCalling ?? false }) {
            interval = min(interval, .seconds(1))
        }
        tickAt = loop.now + interval
        tick = loop.wake(at: tickAt, self, token: 0)
    }

    /// Somebody waits from now on.
    func armSoon() {
        if tickAt > loop.now + .seconds(1) { arm() }
    }

    private func overdue(_ now: Instant) -> RabbitMQFailure? {
        if state != .open {
            guard now >= connectDeadline else { return nil }
            return RabbitMQFailure(
                .timeout, "\(settings.endpoint): no connection within \(settings.connectTimeout)\(hint)")
        }
        if channels.contains(where: { $0?.hasOverdueCall(now) ?? false }) {
            return RabbitMQFailure(
                .timeout,
                "\(settings.endpoint): no answer within \(RabbitMQConnection.replyTimeout); the connection is given up")
        }
        let patience = Duration.seconds(2 * Int(greeting.heartbeat))
        guard patience > .zero, !isPaused, now.elapsed(since: lastReceived) >= patience else { return nil }
        return RabbitMQFailure(
            .timeout, "\(settings.endpoint): no sign of life within \(patience); the connection is given up")
    }

    private func heartbeat(_ now: Instant) {
        guard state == .open, greeting.heartbeat > 0 else { return }
        guard now.elapsed(since: lastSent) >= .milliseconds(400 * Int(greeting.heartbeat)) else { return }
        appendFrame(.heartbeat, 0, [])
    }
}

extension RabbitMQConnection: Sleeper {
    package func wake(_ token: UInt64) {
        guard state != .ended else { return }
        let now = loop.now
        if now.elapsed(since: tickAt) <= RabbitMQConnection.lateness {
            if let failure = overdue(now) { return finish(failure) }
            for channel in channels { channel?.endOverduePublishes(now) }
        }
        heartbeat(now)
        arm()
    }
}
