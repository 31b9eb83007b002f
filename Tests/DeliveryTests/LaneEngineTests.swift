import Delivery
import Testing

@Suite struct LaneEngineTests {
    @Test func `events without a key start side by side, up to the concurrency`() {
        var engine = LaneEngine(capacity: 10, concurrency: 3)
        for _ in 0..<5 { #expect(engine.submit() != nil) }
        let started = (0..<5).compactMap { _ in engine.start() }
        #expect(started.count == 3)
        engine.finish(started[1])
        let value1 = engine.start()
        #expect(value1 != nil)
        let value2 = engine.start()
        #expect(value2 == nil)
        #expect(engine.count == 4)
        #expect(engine.running == 3)
    }

    @Test func `a full engine takes nothing until something is finished`() throws {
        var engine = LaneEngine(capacity: 2, concurrency: 2)
        _ = engine.submit()
        _ = engine.submit(laneKey: 7)
        let value3 = engine.submit()
        #expect(value3 == nil)
        let slot = try engine.mustStart()
        engine.finish(slot)
        let value4 = engine.submit()
        #expect(value4 != nil)
    }

    @Test func `events of one key run one after the other in their order, others go past them`() throws {
        var engine = LaneEngine(capacity: 10, concurrency: 10)
        let first = try engine.mustSubmit(laneKey: 1)
        let second = try engine.mustSubmit(laneKey: 1)
        let third = try engine.mustSubmit(laneKey: 1)
        let other = try engine.mustSubmit(laneKey: 2)
        let value5 = engine.start()
        #expect(value5 == first)
        let value6 = engine.start()
        #expect(value6 == other)
        let value7 = engine.start()
        #expect(value7 == nil)
        engine.finish(first)
        let value8 = engine.start()
        #expect(value8 == second)
        engine.finish(other)
        engine.finish(second)
        let value9 = engine.start()
        #expect(value9 == third)
        engine.finish(third)
        #expect(engine.count == 0)
    }

    @Test func `a lane stays closed behind an event that waits for another attempt`() throws {
        var engine = LaneEngine(capacity: 10, concurrency: 10)
        let poison = try engine.mustSubmit(laneKey: 1)
        let behind = try engine.mustSubmit(laneKey: 1)
        let free = try engine.mustSubmit()
        let value10 = engine.start()
        #expect(value10 == poison)
        engine.retry(poison)
        let value11 = engine.start()
        #expect(value11 == free)
        let value12 = engine.start()
        #expect(value12 == nil)
        #expect(engine.waiting == 1)
        let value13 = engine.due(poison)
        #expect(value13)
        let value14 = engine.start()
        #expect(value14 == poison)
        #expect(engine.attempts(poison) == 2)
        engine.finish(poison)
        let value15 = engine.start()
        #expect(value15 == behind)
    }

    @Test func `an answer for a slot that was used again is recognised`() throws {
        var engine = LaneEngine(capacity: 1, concurrency: 1)
        let old = try engine.mustSubmit()
        let value16 = engine.start()
        #expect(value16 == old)
        engine.finish(old)
        let new = try engine.mustSubmit()
        let value17 = engine.start()
        #expect(value17 == new)
        #expect(new.index == old.index)
        #expect(!engine.isRunning(old))
        #expect(engine.isRunning(new))
        let value18 = engine.due(old)
        #expect(!value18)
        #expect(LaneEngine.Slot(token: new.token) == new)
    }

    @Test func `an event that waits can be finished without another attempt`() throws {
        var engine = LaneEngine(capacity: 4, concurrency: 4)
        let slot = try engine.mustSubmit(laneKey: 3)
        let behind = try engine.mustSubmit(laneKey: 3)
        _ = engine.start()
        engine.retry(slot)
        engine.finish(slot)
        #expect(engine.waiting == 0)
        let value19 = engine.start()
        #expect(value19 == behind)
    }

    @Test func `evicting empties every state, and late answers find nothing`() throws {
        var engine = LaneEngine(capacity: 10, concurrency: 2)
        let slots = (0..<6).compactMap { engine.submit(laneKey: UInt64($0 / 2)) }
        let running = try engine.mustStart()
        let waiting = try engine.mustStart()
        engine.retry(waiting)
        #expect(Set(engine.evict()) == Set(slots))
        #expect(engine.count == 0 && engine.running == 0 && engine.waiting == 0)
        #expect(!engine.isRunning(running))
        let value20 = engine.due(waiting)
        #expect(!value20)
        let value21 = engine.submit(laneKey: 0)
        #expect(value21 != nil)
        let value22 = engine.start()
        #expect(value22 != nil)
    }

    /// A model with plain collections is run beside the engine; both must agree after every step.
    @Test(arguments: 0..<50)
    func `it agrees with a model that is too simple to be wrong`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        var engine = LaneEngine(capacity: 64, concurrency: 8)
        var model = LaneModel(capacity: 64, concurrency: 8)
        for _ in 0..<3_000 {
            switch random.next() % 5 {
            case 0, 1:
                let key: UInt64? = random.next() % 3 == 0 ? nil : random.next() % 5
                let slot = engine.submit(laneKey: key)
                #expect((slot == nil) == model.isFull)
                if let slot { model.submit(slot, key: key) }
            case 2:
                let slot = engine.start()
                #expect(slot == model.start())
            case 3:
                guard let slot = model.anyRunning(random.next()) else { continue }
                engine.finish(slot)
                model.finish(slot)
            default:
                if let slot = model.anyRunning(random.next()), random.next() % 2 == 0 {
                    engine.retry(slot)
                    model.retry(slot)
                } else if let slot = model.anyWaiting(random.next()) {
                    let value23 = engine.due(slot)
                    #expect(value23)
                    model.due(slot)
                }
            }
            #expect(engine.count == model.count && engine.running == model.running.count)
            #expect(engine.waiting == model.waiting.count)
        }
    }
}

struct NoSlot: Error {}

extension LaneEngine {
    mutating func mustSubmit(laneKey: UInt64? = nil) throws -> Slot {
        guard let slot = submit(laneKey: laneKey) else { throw NoSlot() }
        return slot
    }

    mutating func mustStart() throws -> Slot {
        guard let slot = start() else { throw NoSlot() }
        return slot
    }
}

struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

struct LaneModel {
    typealias Slot = LaneEngine.Slot
    let capacity: Int
    let concurrency: Int
    var ready: [Slot] = []
    var running: [Slot] = []
    var waiting: [Slot] = []
    var queues: [UInt64: [Slot]] = [:]
    var keys: [Slot: UInt64] = [:]

    init(capacity: Int, concurrency: Int) {
        self.capacity = capacity
        self.concurrency = concurrency
    }

    var count: Int {
        let behind = queues.values.map { $0.count - 1 }.reduce(0, +)
        return ready.count + running.count + waiting.count + behind
    }
    var isFull: Bool { count >= capacity }

    mutating func submit(_ slot: Slot, key: UInt64?) {
        guard let key else { return ready.append(slot) }
        keys[slot] = key
        queues[key, default: []].append(slot)
        if queues[key]?.count == 1 { ready.append(slot) }
    }

    mutating func start() -> Slot? {
        guard running.count < concurrency, !ready.isEmpty else { return nil }
        running.append(ready.removeFirst())
        return running.last
    }

    mutating func finish(_ slot: Slot) {
        running.removeAll { $0 == slot }
        guard let key = keys.removeValue(forKey: slot) else { return }
        queues[key]?.removeFirst()
        if let next = queues[key]?.first { ready.append(next) } else { queues[key] = nil }
    }

    mutating func retry(_ slot: Slot) {
        running.removeAll { $0 == slot }
        waiting.append(slot)
    }

    mutating func due(_ slot: Slot) {
        waiting.removeAll { $0 == slot }
        ready.append(slot)
    }

    func anyRunning(_ random: UInt64) -> Slot? {
        running.isEmpty ? nil : running[Int(random % UInt64(running.count))]
    }

    func anyWaiting(_ random: UInt64) -> Slot? {
        waiting.isEmpty ? nil : waiting[Int(random % UInt64(waiting.count))]
    }
}
