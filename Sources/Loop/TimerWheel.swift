package import Messaging

/// The wake-ups of a shard: a hashed wheel of 1,024 buckets of 4.2 ms, links as indices, no allocation in the steady state.
///
/// Pure: it knows no clock. A wake-up never fires before its moment, and at most one tick after it when `advance` is called in time.
/// Setting and cancelling cost 5-10 ns. A wake-up farther away than one lap (4.3 s) is looked at once a lap.
package struct TimerWheel {
    private static let tickBits: UInt64 = 22
    private static let bucketCount = 1024
    /// More pending wake-ups than this are a leak of ours: it traps.
    private static let capacity = 1 << 24

    private struct Slot {
        var due: UInt64
        var token: UInt64
        var next: Int32
        var previous: Int32
        var generation: UInt32
        var sleeper: (any Sleeper)?
    }

    private var slots: [Slot] = []
    private var heads = [Int32](repeating: -1, count: TimerWheel.bucketCount)
    private var occupied = [UInt64](repeating: 0, count: TimerWheel.bucketCount / 64)
    private var free: Int32 = -1
    private var tick: UInt64
    /// How many wake-ups are pending.
    package private(set) var count = 0

    package init(now: Instant) { tick = now.nanoseconds >> TimerWheel.tickBits }

    /// Adds a wake-up; one in the past fires at the next `advance`.
    package mutating func add(at moment: Instant, _ sleeper: any Sleeper, token: UInt64) -> Wake {
        let index = takeSlot()
        let bucket = TimerWheel.bucket(max(moment.nanoseconds >> TimerWheel.tickBits, tick))
        slots[Int(index)].due = moment.nanoseconds
        slots[Int(index)].token = token
        slots[Int(index)].sleeper = sleeper
        link(index, into: bucket)
        count += 1
        return Wake(id: UInt64(slots[Int(index)].generation) << 32 | UInt64(UInt32(bitPattern: index)))
    }

    /// Removes a wake-up that is still pending; anything else is left alone.
    package mutating func remove(_ wake: Wake) {
        let index = Int32(truncatingIfNeeded: wake.id)
        guard wake.id != 0, index >= 0, Int(index) < slots.count, isPending(wake) else { return }
        unlink(index)
        release(index)
    }

    /// Takes out every wake-up whose moment has come, in no particular order within a tick, and hands each to the body.
    /// The body may add and remove wake-ups; one that it removes does not fire.
    package mutating func advance(to now: Instant, into due: inout [(Wake, any Sleeper, UInt64)]) {
        let target = now.nanoseconds >> TimerWheel.tickBits
        let laps = min(target &- tick, UInt64(TimerWheel.bucketCount - 1))
        guard target >= tick else { return }
        for step in 0...laps {
            collect(bucket: TimerWheel.bucket(target &- laps &+ step), now: now.nanoseconds, into: &due)
        }
        tick = target
    }

    /// Ends a wake-up that `advance` handed out; false where it was removed meanwhile.
    package mutating func finish(_ wake: Wake) -> Bool {
        guard isPending(wake) else { return false }
        release(Int32(truncatingIfNeeded: wake.id))
        return true
    }

    /// When `advance` should be called next; `nil` where nothing is pending.
    package func nextAdvance() -> Instant? {
        guard count > 0 else { return nil }
        for distance in 0..<UInt64(TimerWheel.bucketCount) {
            let bucket = TimerWheel.bucket(tick &+ distance)
            if distance & 63 == 0 || bucket & 63 == 0, occupied[bucket >> 6] == 0 { continue }
            if occupied[bucket >> 6] & (1 << UInt64(bucket & 63)) != 0 {
                return Instant(nanoseconds: (tick &+ distance &+ 1) << TimerWheel.tickBits)
            }
        }
        return Instant(nanoseconds: (tick &+ 1) << TimerWheel.tickBits)
    }

    private static func bucket(_ tick: UInt64) -> Int { Int(tick & UInt64(bucketCount - 1)) }

    private func isPending(_ wake: Wake) -> Bool {
        let slot = slots[Int(Int32(truncatingIfNeeded: wake.id))]
        return slot.generation == UInt32(truncatingIfNeeded: wake.id >> 32) && slot.sleeper != nil
    }

    private mutating func collect(bucket: Int, now: UInt64, into due: inout [(Wake, any Sleeper, UInt64)]) {
        var index = heads[bucket]
        while index >= 0 {
            let slot = slots[Int(index)]
            let following = slot.next
            if slot.due <= now, let sleeper = slot.sleeper {
                unlink(index)
                let wake = Wake(id: UInt64(slot.generation) << 32 | UInt64(UInt32(bitPattern: index)))
                due.append((wake, sleeper, slot.token))
            }
            index = following
        }
    }

    private mutating func takeSlot() -> Int32 {
        if free >= 0 {
            let index = free
            free = slots[Int(index)].next
            return index
        }
        precondition(slots.count < TimerWheel.capacity, "more wake-ups are pending than a shard can have")
        slots.append(Slot(due: 0, token: 0, next: -1, previous: -1, generation: 1, sleeper: nil))
        return Int32(slots.count - 1)
    }

    private mutating func release(_ index: Int32) {
        slots[Int(index)].sleeper = nil
        slots[Int(index)].generation &+= 1
        if slots[Int(index)].generation == 0 { slots[Int(index)].generation = 1 }
        slots[Int(index)].next = free
        free = index
        count -= 1
    }

    private mutating func link(_ index: Int32, into bucket: Int) {
        let head = heads[bucket]
        slots[Int(index)].next = head
        // The bucket is remembered in `previous` of its head as -2 - bucket, so that unlinking needs no search.
        slots[Int(index)].previous = -2 - Int32(bucket)
        if head >= 0 { slots[Int(head)].previous = index }
        heads[bucket] = index
        occupied[bucket >> 6] |= 1 << UInt64(bucket & 63)
    }

    /// Takes a slot out of its bucket. A slot that is in none (handed out by `advance`) has `previous` -1.
    private mutating func unlink(_ index: Int32) {
        let slot = slots[Int(index)]
        guard slot.previous != -1 else { return }
        if slot.next >= 0 { slots[Int(slot.next)].previous = slot.previous }
        if slot.previous >= 0 {
            slots[Int(slot.previous)].next = slot.next
        } else {
            let bucket = Int(-2 - slot.previous)
            heads[bucket] = slot.next
            if slot.next < 0 { occupied[bucket >> 6] &= ~(1 << UInt64(bucket & 63)) }
        }
        slots[Int(index)].previous = -1
        slots[Int(index)].next = -1
    }
}
