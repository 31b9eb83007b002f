internal import Glibc
internal import Loop
internal import Messaging
internal import Store

/// A fixed number of publishers, each with one event under way, and groups that acknowledge what comes at the turn's end.
final class Bench: PublishCompletion, EventLogOwner {
    struct Plan: Sendable {
        var events: Int
        var publishers: Int
        var groups: Int
        var bytes: Int
        var directory: String
        var topics: Int
    }

    private let plan: Plan
    private let loop = EventLoop.current
    private var log: EventLog?
    private var inlets: [Counter] = []
    private var batch: [PublishEntry] = []
    private var started = 0
    private var stored = 0
    private var starts: [UInt64] = []
    private var waits: [UInt64] = []
    private var waiter: CheckedContinuation<Void, Never>?
    private let body: [UInt8]
    private let topics: [String]

    init(_ plan: Plan) {
        self.plan = plan
        body = (0..<plan.bytes).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        topics = (0..<plan.topics).map { "topic-\($0)" }
        waits.reserveCapacity(plan.events)
        starts = Array(repeating: 0, count: plan.publishers)
    }

    func logLatched(_ error: ComponentError) { fatalError("\(error)") }
    func logWarned(_ line: String) { print(line) }

    func run() async {
        let path = plan.directory + "/store-bench-\(getpid()).db"
        do {
            let log = EventLog(
                LogSettings(path: path, maxBytes: 4 << 30, retention: 86_400_000, owner: "app id \"bench\""),
                owner: self)
            self.log = log
            try await log.open()
            for group in 0..<plan.groups {
                for topic in topics {
                    let inlet = Counter(loop)
                    inlet.member = try await log.join(topic, group: "group-\(group)", inlet: inlet)
                    inlets.append(inlet)
                }
            }
            await measure()
            await log.close()
        } catch { print("\(error)") }
        for suffix in ["", "-wal", ".lock"] { unsafe unlink(path + suffix) }
    }

    private func measure() async {
        let (start, cpu) = (Self.monotonic(), Self.cpuSeconds())
        for publisher in 0..<plan.publishers { publish(publisher) }
        flush()
        await withCheckedContinuation { waiter = $0 }
        let expected = plan.events * plan.groups
        while inlets.reduce(0, { $0 + $1.count }) < expected {
            do { try await loop.sleep(for: .milliseconds(1)) } catch { return }
        }
        let seconds = Double(Self.monotonic() - start) / 1e9
        let used = Self.cpuSeconds() - cpu
        waits.sort()
        let events = Double(plan.events)
        print(
            "\(Int(events / seconds)) events/s, \(Self.rounded(used / events * 1e5)) CPU s/100k, wait p50 "
                + "\(Self.rounded(Double(waits[waits.count / 2]) / 1e6)) p99 "
                + "\(Self.rounded(Double(waits[waits.count * 99 / 100]) / 1e6)) p999 "
                + "\(Self.rounded(Double(waits[waits.count * 999 / 1000]) / 1e6)) ms")
    }

    private func publish(_ publisher: Int) {
        guard started < plan.events else { return }
        starts[publisher] = Self.monotonic()
        batch.append(
            PublishEntry(
                topic: topics[started % topics.count], body: body, metadata: Metadata(), completion: self,
                token: UInt64(publisher)))
        started += 1
        if batch.count == 1 { loop.atTurnEnd(self) }
    }

    private func flush() {
        var full: [PublishEntry] = []
        swap(&full, &batch)
        log?.publish(full)
    }

    func published(_ outcome: PublishOutcome, token: UInt64) {
        if case .failed(let error) = outcome { fatalError("\(error)") }
        waits.append(Self.monotonic() - starts[Int(token)])
        stored += 1
        publish(Int(token))
        guard stored == plan.events else { return }
        waiter?.resume()
        waiter = nil
    }

    static func monotonic() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static func cpuSeconds() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
}

extension Bench: TurnParticipant {
    func turnEnded() { flush() }
}

/// Counts and acknowledges.
final class Counter: Inlet, TurnParticipant {
    private let loop: EventLoop
    var member: LogMember?
    private(set) var count = 0
    private var batch = SettledBatch()
    private var pending = 0
    private var isStarved = false

    init(_ loop: EventLoop) { self.loop = loop }

    var credit: Credit {
        let credit = Credit(events: 1_024 - pending, bytes: 16 << 20)
        if !credit.isOpen { isStarved = true }
        return credit
    }

    func take(_ messages: [ReceivedMessage]) {
        if pending == 0 { loop.atTurnEnd(self) }
        pending += messages.count
        count += messages.count
        for message in messages { message.acknowledge(in: &batch) }
    }

    func turnEnded() {
        pending = 0
        var settled = SettledBatch()
        swap(&settled, &batch)
        member?.settle(settled)
        guard isStarved else { return }
        isStarved = false
        member?.creditReturned()
    }
}
