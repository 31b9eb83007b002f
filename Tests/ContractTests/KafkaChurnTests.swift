import Loop
import Messaging
import MessagingTesting
import Testing

extension KafkaContractTests {
    @Test(.timeLimit(.minutes(2)), arguments: ["range", "roundrobin", "sticky"])
    func
        `on Kafka, members come and go, nothing is lost; unless sticky, nothing comes twice, and no two handlers have an event`(
            _ strategy: String
        ) async throws
    {
        try await KindTests.bench(.kafka) { bench in
            let churn = try Churn(bench, strategy)
            try await churn.join()
            for round in 0..<4 {
                try await churn.publish("\(round)a", 100)
                try await churn.join()
                try await churn.publish("\(round)b", 100)
                try await bench.wait("the newest member at work") { churn.members.last?.handled ?? 0 > 0 }
                // The one that has been there longest, and the one that has just come.
                await churn.leave(round.isMultiple(of: 2) ? 0 : 1)
            }
            try await bench.wait("every event") { churn.handled.count == churn.published }
            await churn.leave(0)
            // With `sticky`, librdkafka gives up all partitions when a commit meets a new generation (librdkafka#4908): nothing is lost then, but repeated.
            guard strategy != "sticky" else { return }
            #expect(churn.handled.allSatisfy { $0.value == 1 }, "\(churn.handled.filter { $0.value != 1 })")
            #expect(churn.overlaps.isEmpty, "\(churn.overlaps)")
        }
    }
}

/// Members of one group whose handlers take a while.
private final class Churn {
    final class Member {
        let component: ContractComponent
        var subscriber: ContractSubscriber?
        /// Events at its handlers, oldest first.
        var open: [String] = []
        var handled = 0
        var isGone = false

        init(_ component: ContractComponent) { self.component = component }
    }

    private let bench: ContractBench
    private let topic: String
    private let loop = EventLoop.current
    private var count = 0
    var members: [Member] = []
    var published = 0
    /// How often each event was handled to its end.
    var handled: [String: Int] = [:]
    /// Events that two handlers had at once.
    var overlaps: [String] = []

    init(_ bench: ContractBench, _ strategy: String) throws {
        self.bench = bench
        let harness = try #require(bench.harness as? KafkaHarness)
        harness.strategy = strategy
        try harness.server.makeTopic("churn-\(strategy)", partitions: 6)
        topic = "churn-\(strategy)"
    }

    func publish(_ name: String, _ count: Int) async throws {
        guard let member = members.first else { return }
        try await bench.store(member.component, topic, (0..<count).map { "\(name)-\($0)" })
        published += count
    }

    func join() async throws {
        count += 1
        let member = Member(try await bench.connected(consumer: topic, instance: "member\(count)"))
        members.append(member)
        let subscriber = try await bench.subscribe(member.component, topic, limit: Credit(events: 20, bytes: 1 << 20)) {
            [self, unowned member] message in
            let body = String(decoding: message.body, as: UTF8.self)
            if members.contains(where: { $0.open.contains(body) }) { overlaps.append(body) }
            member.open.append(body)
            return .hold
        }
        member.subscriber = subscriber
        _ = loop.launch { [self] in await handle(member) }
    }

    /// Ends the oldest few handlers every few milliseconds.
    private func handle(_ member: Member) async {
        while !member.isGone {
            let ending = min(3, member.open.count)
            for body in member.open.prefix(ending) { handled[body, default: 0] += 1 }
            member.open.removeFirst(ending)
            member.handled += ending
            member.subscriber?.settle(ending)
            try? await loop.sleep(for: .milliseconds(8))
        }
    }

    /// As the runtime does: nothing new, the handlers end, then the member goes.
    func leave(_ index: Int) async {
        let member = members[index]
        member.subscriber?.source?.pause()
        while !member.open.isEmpty { await bench.harness.sleep(for: .milliseconds(2)) }
        member.isGone = true
        // The turn in which they ended is over.
        await bench.harness.sleep(for: .milliseconds(2))
        await bench.close(member.component)
        members.remove(at: index)
    }
}
