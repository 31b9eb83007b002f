internal import Messaging

/// Where the lists of pending entries stand: first our own once after connecting, then idle ones again and again. Pure.
struct RedisPendingSearch {
    /// A list is asked for and its reply has not come.
    var isAsking = false
    /// Where the next page of our own entries starts; `nil` once all are listed.
    private(set) var ownCursor: Position? = Position(low: 0)
    /// When idle entries are looked for next.
    private(set) var nextIdleSearch = Instant(nanoseconds: 0)
    private var idlePosition: Position?

    /// Whether all our own entries of before are known.
    var ownIsListed: Bool { ownCursor == nil }

    /// Everything is listed anew.
    mutating func restart(now: Instant) {
        isAsking = false
        ownCursor = Position(low: 0)
        idlePosition = nil
        nextIdleSearch = now
    }

    /// A page of our own entries has come; a full one is followed by another.
    mutating func ownPage(last: Position?) {
        isAsking = false
        ownCursor = last?.successor
    }

    /// Where to list idle entries now; `nil` where it is not time.
    mutating func idleCursor(now: Instant, interval: Duration) -> Position? {
        if let idlePosition { return idlePosition }
        guard now >= nextIdleSearch else { return nil }
        nextIdleSearch = now + interval
        idlePosition = Position(low: 0)
        return idlePosition
    }

    /// A page of idle entries has come; a full one is followed by another.
    mutating func idlePage(last: Position?) {
        isAsking = false
        idlePosition = last?.successor
    }
}

/// Pauses between attempts at something that Redis refuses: a quarter of a second, doubled up to half a minute. Pure.
struct RedisRetryPause {
    private var milliseconds: Int64 = 250

    /// Whether nothing was refused lately.
    var isFresh: Bool { milliseconds == 250 }

    mutating func next() -> Duration {
        let pause = milliseconds
        milliseconds = min(milliseconds * 2, 30_000)
        return .milliseconds(pause)
    }

    /// It works again.
    mutating func reset() { milliseconds = 250 }
}
