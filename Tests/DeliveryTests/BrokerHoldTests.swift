import Delivery
import Messaging
import MessagingTesting
import Testing

/// A component's batch while its adapter is connected in place of another one.
@Suite struct BrokerHoldTests {
    private final class Waiter: PublishCompletion {
        func published(_ outcome: PublishOutcome, token: UInt64) {}
    }

    private let scheduler = ManualScheduler()
    private let adapter = ScriptedBroker()
    private let waiter = Waiter()

    private func makeBroker() -> Broker {
        Broker(
            name: "orders", type: "pubsub.test", version: "v1", capabilities: [],
            permissions: .init(mayPublish: { _ in true }, maySubscribe: { _ in true }), topicPrefix: "",
            adapter: adapter, scheduler: scheduler)
    }

    private func publish(_ count: Int, bytes: Int = 1, to broker: Broker) {
        for token in 0..<count {
            let body = [UInt8](repeating: 0, count: bytes)
            broker.enqueue(
                PublishEntry(topic: "t", body: body, metadata: Metadata(), completion: waiter, token: UInt64(token)))
        }
        scheduler.runTurn()
    }

    @Test func `what is published while it is held goes to the adapter in order when it goes on`() {
        let broker = makeBroker()
        broker.hold()
        publish(3, to: broker)
        publish(2, to: broker)
        #expect(adapter.published.isEmpty)
        broker.goOn()
        #expect(adapter.published.map(\.token) == [0, 1, 2, 0, 1])
        publish(1, to: broker)
        #expect(adapter.published.count == 6)
    }

    @Test func `beyond the bound on events the adapter gets them, to refuse them`() {
        let broker = makeBroker()
        broker.hold()
        publish(Broker.heldEventLimit, to: broker)
        #expect(adapter.published.isEmpty)
        publish(1, to: broker)
        #expect(adapter.published.count == Broker.heldEventLimit + 1)
        publish(1, to: broker)
        #expect(adapter.published.count == Broker.heldEventLimit + 1)
    }

    @Test func `beyond the bound on bytes the adapter gets them, to refuse them`() {
        let broker = makeBroker()
        broker.hold()
        publish(4, bytes: Broker.heldByteLimit / 4, to: broker)
        #expect(adapter.published.isEmpty)
        publish(1, to: broker)
        #expect(adapter.published.count == 5)
    }

    @Test func `going on in the middle of a turn hands over what the turn has collected, once`() {
        let broker = makeBroker()
        broker.enqueue(PublishEntry(topic: "t", body: [], metadata: Metadata(), completion: waiter, token: 7))
        broker.goOn()
        #expect(adapter.published.map(\.token) == [7])
        scheduler.runTurn()
        #expect(adapter.published.count == 1)
    }
}
