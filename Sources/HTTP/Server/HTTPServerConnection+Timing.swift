internal import Loop
internal import Messaging

/// What a connection waits for, and what happens when it takes too long.
extension HTTPServerConnection: Sleeper {
    /// Tells the timer what is waited for now.
    func updateTimer() {
        let phase: HTTPConnectionTimer.Phase
        if mode == .lingering {
            phase = .lingering
        } else if !isReading || mode != .reading {
            phase = .handling
        } else if reader.isInBody {
            phase = .body
        } else if !reader.isIdle {
            phase = .head
        } else {
            phase = exchanges.isEmpty ? .idle : .handling
        }
        timer.enter(phase, request: requests, now: server.loop.now)
        arm()
    }

    /// Asks to be woken when something is due, unless a wake-up comes before that anyway.
    func arm() {
        guard let due = timer.due(bodyBytes: reader.bodyBytes) else { return }
        if let armedFor, armedFor <= due { return }
        server.loop.cancel(wake)
        wake = server.loop.wake(at: due, self, token: 0)
        armedFor = due
    }

    func wake(_ token: UInt64) {
        armedFor = nil
        wake = .none
        guard mode != .ended else { return }
        timer.outputWaits(
            transport.pendingBytes > 0, taken: written &- transport.pendingBytes, now: server.loop.now)
        switch timer.expiry(bodyBytes: reader.bodyBytes, now: server.loop.now) {
        case nil: arm()
        case .phase(.body):
            server.statistics.timedOut &+= 1
            lingers = true
            finish(with: 408, "408 Request Timeout")
        case .phase(.lingering), .phase(.idle): close()
        default:
            server.statistics.timedOut &+= 1
            close()
        }
    }
}
