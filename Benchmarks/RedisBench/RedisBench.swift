internal import Brokers
internal import Glibc
internal import Loop
internal import Messaging

/// A fixed number of publishers, each with one event under way, and a subscription that acknowledges what comes at the turn's end.
final class RedisBench: PublishCompletion, PubSubHost {
    struct Plan: Sendable {
        var port: Int
        var events: Int
        var bytes: Int
        var publishers: Int
    }

    private let plan: Plan
    private let loop = EventLoop.current
    private let body: [UInt8]
    private var pubSub: (any PubSub)?
    private var batch: [PublishEntry] = []
    private var started = 0
    private var stored = 0
    private var pause: Duration?
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ plan: Plan) {
        self.plan = plan
        body = (0..<plan.bytes).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    }

    func connectionLost(_ error: ComponentError) { fatalError("\(error)") }
    func warn(_ message: String) { print(message) }

    /// What kept it from running; `nil` where all went well.
    func run() async -> String? {
        do throws(ComponentError) {
            let pubSub = try make()
            self.pubSub = pubSub
            try await pubSub.connect()
            try await measure(pubSub)
            await pubSub.close()
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func make() throws(ComponentError) -> any PubSub {
        let values: [String: SettingValue] = [
            "redisHost": .text("127.0.0.1:\(plan.port)"), "redisDB": .integer(9), "queueDepth": .integer(100),
            "processingTimeout": .duration(.seconds(60)), "redeliverInterval": .duration(.seconds(15)),
        ]
        let context = ComponentContext(name: "bench", type: "pubsub.redis", appID: "bench", instanceID: "\(getpid())")
        return try PubSubKind.redis.make(Settings(values: values, given: Set(values.keys)), context, self)
    }

    private func measure(_ pubSub: any PubSub) async throws(ComponentError) {
        let topic = "bench-\(getpid())"
        var meter = Meter()
        await publishAll(topic)
        meter.report("publish", plan.events)
        meter = Meter()
        let inlet = BenchInlet(plan.events)
        inlet.source = try await pubSub.subscribe(SubscriptionRequest(topic: topic), into: inlet)
        await inlet.wait()
        await settled()
        meter.report("consume", plan.events)
        await inlet.source?.cancel()
        let both = BenchInlet(plan.events)
        both.source = try await pubSub.subscribe(SubscriptionRequest(topic: topic), into: both)
        meter = Meter()
        await publishAll(topic)
        await both.wait()
        await settled()
        meter.report("publish and consume", plan.events)
        await both.source?.cancel()
        let paced = BenchInlet(2_000)
        paced.source = try await pubSub.subscribe(SubscriptionRequest(topic: topic), into: paced)
        meter = Meter()
        for _ in 0..<2_000 {
            publish(topic)
            flush()
            try? await loop.sleep(for: .milliseconds(1))
        }
        await paced.wait()
        meter.report("about 200 a second", 2_000, waits: paced.waits)
    }

    /// The last acknowledgements are out when a further turn has passed.
    private func settled() async { try? await loop.sleep(for: .milliseconds(20)) }

    private func publishAll(_ topic: String) async {
        started = 0
        stored = 0
        self.topic = topic
        for _ in 0..<plan.publishers { publishNext() }
        flush()
        await withCheckedContinuation { waiter = $0 }
    }

    private var topic = ""

    private func publishNext() {
        guard started < plan.events else { return }
        started += 1
        publish(topic)
    }

    private func publish(_ topic: String) {
        var body = body
        let now = Meter.monotonic()
        for index in 0..<min(8, body.count) { body[index] = UInt8(truncatingIfNeeded: now >> UInt64(index * 8)) }
        batch.append(PublishEntry(topic: topic, body: body, metadata: Metadata(), completion: self, token: 0))
        if batch.count == 1 { loop.atTurnEnd(self) }
    }

    private func flush() {
        guard !batch.isEmpty else { return }
        var full: [PublishEntry] = []
        swap(&full, &batch)
        pubSub?.publish(full)
    }

    func published(_ outcome: PublishOutcome, token: UInt64) {
        if case .failed(let error) = outcome { fatalError("\(error)") }
        stored += 1
        if waiter != nil { publishNext() }
        guard stored == plan.events, let waiter else { return }
        self.waiter = nil
        waiter.resume()
    }
}

extension RedisBench: TurnParticipant {
    func turnEnded() { flush() }
}

/// Takes events within a credit, and acknowledges them at the turn's end.
final class BenchInlet: Inlet, TurnParticipant {
    var source: (any TopicSource)?
    var waits: [UInt64] = []
    private let loop = EventLoop.current
    private let expected: Int
    private var count = 0
    private var open: [ReceivedMessage] = []
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ expected: Int) {
        self.expected = expected
        waits.reserveCapacity(expected)
    }

    var credit: Credit { Credit(events: 200 - open.count, bytes: 16 << 20) }

    func take(_ messages: [ReceivedMessage]) {
        if open.isEmpty { loop.atTurnEnd(self) }
        let now = Meter.monotonic()
        for message in messages {
            var sent: UInt64 = 0
            for index in 0..<min(8, message.message.body.count) {
                sent |= UInt64(message.message.body[index]) << UInt64(index * 8)
            }
            waits.append(now &- sent)
            open.append(message)
        }
    }

    func turnEnded() {
        var batch = SettledBatch()
        for message in open { message.acknowledge(in: &batch) }
        count += open.count
        open.removeAll(keepingCapacity: true)
        source?.settle(batch)
        if count >= expected {
            waiter?.resume()
            waiter = nil
        }
    }

    func wait() async {
        if count < expected { await withCheckedContinuation { waiter = $0 } }
    }
}

/// Wall-clock and CPU time from its making on.
struct Meter {
    private let start = Meter.monotonic()
    private let usage = Meter.cpu()

    func report(_ name: String, _ events: Int, waits: [UInt64] = []) {
        let seconds = Double(Meter.monotonic() - start) / 1e9
        let now = Meter.cpu()
        let user = (now.user - usage.user) / Double(events) * 1e5
        let total = user + (now.system - usage.system) / Double(events) * 1e5
        var line =
            "\(name): \(Int(Double(events) / seconds)) events/s, \(Meter.rounded(total)) CPU s/100k (user \(Meter.rounded(user)))"
        if !waits.isEmpty {
            let sorted = waits.sorted()
            line += ", end to end p50 \(Meter.rounded(Double(sorted[sorted.count / 2]) / 1e6)) ms"
            line += " p99 \(Meter.rounded(Double(sorted[sorted.count * 99 / 100]) / 1e6)) ms"
        }
        print(line)
    }

    static func monotonic() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static func cpu() -> (user: Double, system: Double) {
        var usage = rusage()
        unsafe getrusage(CInt(RUSAGE_SELF.rawValue), &usage)
        return (seconds(usage.ru_utime), seconds(usage.ru_stime))
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    private static func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
}
