/// A moment of the monotonic clock, in nanoseconds. It goes on while the wall clock is set.
public struct Instant: Sendable, Hashable, Comparable {
    /// Nanoseconds since an arbitrary start.
    public var nanoseconds: UInt64

    /// Makes an instant.
    @inlinable public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Earlier means smaller.
    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The instant that lies a duration later; negative durations count as zero, and it saturates.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        instant.later(by: duration.wholeNanoseconds)
    }

    /// The instant that lies so many nanoseconds later; it saturates.
    @inlinable
    public func later(by nanoseconds: UInt64) -> Instant {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return Instant(nanoseconds: overflow ? .max : sum)
    }

    /// The time from an earlier instant to this one; zero where it is not earlier.
    public func elapsed(since earlier: Instant) -> Duration {
        nanoseconds <= earlier.nanoseconds ? .zero : .nanoseconds(Int64(clamping: nanoseconds - earlier.nanoseconds))
    }
}

extension Duration {
    /// The duration in nanoseconds; negative ones are zero, and it saturates after 292 years.
    ///
    /// One 64-bit division: `components` costs two of 128 bits, and deadlines are made for every event.
    public var wholeNanoseconds: UInt64 {
        let attoseconds = attoseconds
        guard attoseconds > 0 else { return 0 }
        let high = UInt64(truncatingIfNeeded: attoseconds >> 64)
        let billion: UInt64 = 1_000_000_000
        // The quotient fits as long as the upper half is below the divisor; beyond Int64.max nanoseconds it saturates.
        guard high < billion / 2 else { return UInt64(Int64.max) }
        return billion.dividingFullWidth((high, UInt64(truncatingIfNeeded: attoseconds))).quotient
    }
}

/// Something that wants to be called at a later moment.
public protocol Sleeper: AnyObject {
    /// The moment has come. It is called on the shard, once per `wake`, never before the moment.
    func wake(_ token: UInt64)
}

/// Something that collects work during a turn of the loop and does it at the turn's end.
public protocol TurnParticipant: AnyObject {
    /// The turn ends: do what was collected. Work that this causes in others is done before the loop polls again.
    func turnEnded()
}

/// One wake-up that was asked for, to take it back.
public struct Wake: Sendable, Hashable {
    /// The slot in the low half, its generation in the high half; zero is no wake-up.
    public var id: UInt64

    /// Made by schedulers.
    public init(id: UInt64) { self.id = id }

    /// Stands where no wake-up is pending; cancelling it does nothing.
    public static let none = Wake(id: 0)
}

/// Time and turns of one shard. The loop implements it, and in tests a clock that is moved by hand.
public protocol Scheduler: AnyObject {
    /// The monotonic time at the start of this turn.
    var now: Instant { get }
    /// The wall clock, in nanoseconds since 1970, precise to some milliseconds.
    var wallClock: Int64 { get }
    /// Calls the sleeper once, at the moment or up to 5 ms later. The sleeper is kept alive until then.
    func wake(at moment: Instant, _ sleeper: any Sleeper, token: UInt64) -> Wake
    /// Takes a wake-up back. One that has fired or was taken back already is left alone.
    func cancel(_ wake: Wake)
    /// Calls the participant at the end of this turn, once. Ask again in each turn; within a turn the caller keeps a flag.
    func atTurnEnd(_ participant: any TurnParticipant)
}
