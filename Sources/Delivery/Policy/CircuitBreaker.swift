package import Messaging

/// Whether calls are let through, decided from how the former ones ended. Pure: facts with their moments in, admissions out (spec 4.2).
///
///     closed ──(a failure, and the condition holds)──→ open ──(its time is over)──→ half-open ──(enough successes)──→ closed
///                                                       ↑───────────(a failure)──────────┘
///
/// Counts start anew with each change of state and, where an interval is set, with each interval while closed. A call that began before the
/// counts started anew does not count.
package struct CircuitBreaker: Sendable {
    /// Where it stands.
    package enum State: String, Sendable {
        case closed
        case open
        case halfOpen = "half-open"
    }

    /// What it has seen since the counts started.
    package struct Counts: Sendable, Equatable {
        package var requests = 0
        package var totalSuccesses = 0
        package var totalFailures = 0
        package var consecutiveSuccesses = 0
        package var consecutiveFailures = 0

        package init() {}
    }

    /// The numbers of a breaker; zero and less take the defaults.
    package struct Settings: Sendable, Equatable {
        /// Calls that are let through while half-open, and successes that close it.
        package var maxRequests: Int
        /// How long counts are kept while closed; zero keeps them.
        package var interval: Duration
        /// How long it stays open.
        package var timeout: Duration

        package init(maxRequests: Int = 1, interval: Duration = .zero, timeout: Duration = .seconds(60)) {
            self.maxRequests = max(maxRequests, 1)
            self.interval = max(interval, .zero)
            self.timeout = timeout > .zero ? timeout : .seconds(60)
        }
    }

    /// The answer to a call that wants to begin.
    package enum Admission: Sendable, Equatable {
        /// It may; its end is told with this ticket.
        case admitted(ticket: UInt64)
        /// It may not before this moment.
        case open(until: Instant)
        /// Enough calls are trying already whether it works again.
        case busy
    }

    /// What daprd takes where no condition is given.
    package static let standardTrip: @Sendable (Counts) -> Bool = { $0.consecutiveFailures > 5 }

    package let settings: Settings
    private let trips: @Sendable (Counts) -> Bool
    package private(set) var state = State.closed
    package private(set) var counts = Counts()
    private var generation: UInt64 = 1
    private var expiry: Instant?

    /// - Parameter trips: asked after every failure while closed; true opens it.
    package init(_ settings: Settings, now: Instant, trips: @escaping @Sendable (Counts) -> Bool = standardTrip) {
        self.settings = settings
        self.trips = trips
        begin(.closed, now)
    }

    /// A call wants to begin.
    package mutating func admit(now: Instant) -> Admission {
        pass(now)
        switch state {
        case .open: return .open(until: expiry ?? now)
        case .halfOpen where counts.requests >= settings.maxRequests: return .busy
        case .closed, .halfOpen:
            counts.requests += 1
            return .admitted(ticket: generation)
        }
    }

    /// A call that was admitted has ended.
    package mutating func ended(ticket: UInt64, isSuccess: Bool, now: Instant) {
        pass(now)
        guard ticket == generation else { return }
        if isSuccess {
            counts.totalSuccesses += 1
            counts.consecutiveSuccesses += 1
            counts.consecutiveFailures = 0
            if state == .halfOpen, counts.consecutiveSuccesses >= settings.maxRequests { begin(.closed, now) }
        } else {
            counts.totalFailures += 1
            counts.consecutiveFailures += 1
            counts.consecutiveSuccesses = 0
            if state == .halfOpen || (state == .closed && trips(counts)) { begin(.open, now) }
        }
    }

    /// A call that was admitted ended without telling anything, because whoever made it gave up: another one may try in its place.
    package mutating func withdrawn(ticket: UInt64, now: Instant) {
        pass(now)
        guard ticket == generation, counts.requests > 0 else { return }
        counts.requests -= 1
    }

    private mutating func pass(_ now: Instant) {
        guard let expiry, expiry < now else { return }
        switch state {
        case .closed: begin(.closed, now)
        case .open: begin(.halfOpen, now)
        case .halfOpen: break
        }
    }

    private mutating func begin(_ next: State, _ now: Instant) {
        state = next
        generation += 1
        counts = Counts()
        switch next {
        case .closed: expiry = settings.interval > .zero ? now + settings.interval : nil
        case .open: expiry = now + settings.timeout
        case .halfOpen: expiry = nil
        }
    }
}
