package import Messaging

/// What one connection of a server waits for, and until when. Pure: moments in, moments out.
///
/// It is asked when a wake-up fires, not when something happens, so that a request costs a comparison and no timer.
package struct HTTPConnectionTimer {
    /// What is waited for.
    package enum Phase: Sendable, Equatable {
        /// The next request.
        case idle
        /// The rest of a head.
        case head
        /// The rest of a body.
        case body
        /// The handler, or the bounds of the connection: nothing that the peer could delay.
        case handling
        /// The peer's end, after the last answer.
        case lingering
    }

    /// What is overdue.
    package enum Expiry: Sendable, Equatable {
        /// The phase took too long.
        case phase(Phase)
        /// The peer does not take the output.
        case output
    }

    /// The settings' timeouts in nanoseconds: `Duration` costs a long division each time, and every request asks twice.
    private struct Timeouts {
        let idle: UInt64
        let head: UInt64
        let body: UInt64
        let linger: UInt64
        let write: UInt64
        let bodyBytesPerSecond: Int

        init(_ settings: HTTPServerSettings) {
            idle = settings.idleTimeout.wholeNanoseconds
            head = settings.headTimeout.wholeNanoseconds
            body = settings.bodyTimeout.wholeNanoseconds
            linger = settings.lingerTimeout.wholeNanoseconds
            write = settings.writeTimeout.wholeNanoseconds
            bodyBytesPerSecond = max(1, settings.bodyBytesPerSecond)
        }
    }

    private let timeouts: Timeouts
    private var request = 0
    private var since: Instant
    private var stalledSince: Instant?
    private var takenThen = 0
    /// What is waited for now.
    package private(set) var phase = Phase.idle

    /// A new connection.
    package init(_ settings: HTTPServerSettings, now: Instant) {
        timeouts = Timeouts(settings)
        since = now
    }

    /// Something else is waited for, or the same for another request.
    package mutating func enter(_ phase: Phase, request: Int, now: Instant) {
        guard phase != self.phase || request != self.request else { return }
        self.phase = phase
        self.request = request
        since = now
    }

    /// Output waits, or does not; `taken` is what the kernel took of this connection's output so far.
    package mutating func outputWaits(_ waits: Bool, taken: Int, now: Instant) {
        guard waits else {
            stalledSince = nil
            return
        }
        if stalledSince == nil || taken != takenThen {
            stalledSince = now
            takenThen = taken
        }
    }

    /// When the connection is overdue, as things stand; `nil` where nothing can be.
    package func due(bodyBytes: Int) -> Instant? {
        let phaseDue = due(of: phase, bodyBytes: bodyBytes)
        guard let stalledSince else { return phaseDue }
        let outputDue = stalledSince.later(by: timeouts.write)
        return phaseDue.map { min($0, outputDue) } ?? outputDue
    }

    /// What is overdue at a moment; `nil` where nothing is.
    package func expiry(bodyBytes: Int, now: Instant) -> Expiry? {
        if let stalledSince, stalledSince.later(by: timeouts.write) <= now { return .output }
        if let due = due(of: phase, bodyBytes: bodyBytes), due <= now { return .phase(phase) }
        return nil
    }

    private func due(of phase: Phase, bodyBytes: Int) -> Instant? {
        switch phase {
        // A new connection that says nothing is as slow as one that dawdles over its head.
        case .idle: since.later(by: request == 0 ? timeouts.head : timeouts.idle)
        case .head: since.later(by: timeouts.head)
        case .body: since.later(by: timeouts.body) + .seconds(bodyBytes / timeouts.bodyBytesPerSecond)
        case .handling: nil
        case .lingering: since.later(by: timeouts.linger)
        }
    }
}
