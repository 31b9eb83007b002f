import Bytes
import Foundation
import Loop
import Messaging
import Testing

@testable import Brokers

/// The kind's settings with its declared defaults.
func redisSettings(_ given: [String: SettingValue]) -> Settings {
    var values: [String: SettingValue] = [:]
    for field in PubSubKind.redis.fields {
        guard let text = field.defaultValue else { continue }
        switch field.type {
        case .text, .choice: values[field.name] = .text(text)
        case .bool: values[field.name] = .bool(text == "true")
        case .integer, .quantity: values[field.name] = .integer(Int(text) ?? 0)
        case .duration(let unit):
            values[field.name] = .duration(Int(text).map { unit * $0 } ?? GoDuration.parse(text) ?? .zero)
        }
    }
    values.merge(given) { _, new in new }
    return Settings(values: values, given: Set(given.keys))
}

/// Remembers what the runtime would be told.
final class TestHost: PubSubHost {
    var losses: [ComponentError] = []
    var warnings: [String] = []
    func connectionLost(_ error: ComponentError) { losses.append(error) }
    func warn(_ message: String) { warnings.append(message) }
}

/// Remembers the ends of publishes.
final class TestPublisher: PublishCompletion {
    var stored: [UInt64] = []
    var errors: [(ComponentError, UInt64)] = []
    var count: Int { stored.count + errors.count }
    func published(_ outcome: PublishOutcome, token: UInt64) {
        switch outcome {
        case .stored: stored.append(token)
        case .failed(let error): errors.append((error, token))
        }
    }
}

/// A subscription's engine in small: takes messages within a credit, and settles at the turn's end as a closure says.
final class TestInlet: Inlet, TurnParticipant {
    enum Answer {
        case acknowledge
        case release
        /// Kept until `settleHeld`.
        case hold
    }

    let loop = EventLoop.current
    var source: (any TopicSource)?
    var capacity: Int
    var bytes: Int
    var answer: (Message) -> Answer
    var received: [Message] = []
    var overrun = false
    private(set) var held: [ReceivedMessage] = []
    private var open: [(ReceivedMessage, Answer)] = []
    private var inFlight: Int { open.count + held.count }

    init(capacity: Int = 100, bytes: Int = 64 << 20, answer: @escaping (Message) -> Answer = { _ in .acknowledge }) {
        self.capacity = capacity
        self.bytes = bytes
        self.answer = answer
    }

    private var bytesInFlight: Int { (open.map(\.0) + held).reduce(0) { $0 + $1.message.size } }
    var credit: Credit { Credit(events: capacity - inFlight, bytes: bytes - bytesInFlight) }
    var bodies: [String] { received.map { String(decoding: $0.body, as: UTF8.self) } }

    func take(_ messages: [ReceivedMessage]) {
        if messages.count > capacity - inFlight { overrun = true }
        for message in messages {
            received.append(message.message)
            let answer = answer(message.message)
            guard answer != .hold else {
                held.append(message)
                continue
            }
            if open.isEmpty { loop.atTurnEnd(self) }
            open.append((message, answer))
        }
    }

    func turnEnded() {
        let settled = open
        open = []
        var batch = SettledBatch()
        for (message, answer) in settled {
            switch answer {
            case .acknowledge: message.acknowledge(in: &batch)
            case .release, .hold: message.release(in: &batch, attempts: message.message.earlierAttempts + 1)
            }
        }
        if !batch.isEmpty {
            source?.settle(batch)
            source?.creditReturned()
        }
    }

    func settleHeld(_ answer: Answer = .acknowledge) {
        let settled = held
        held = []
        var batch = SettledBatch()
        for message in settled {
            if answer == .release {
                message.release(in: &batch, attempts: message.message.earlierAttempts + 1)
            } else {
                message.acknowledge(in: &batch)
            }
        }
        source?.settle(batch)
        source?.creditReturned()
    }
}

/// A component with its host, on the current shard.
final class Fixture {
    let host = TestHost()
    let publisher = TestPublisher()
    let pubSub: any PubSub
    private var token: UInt64 = 0

    convenience init(_ server: RedisServer, instance: String = "a", _ settings: [String: SettingValue] = [:]) throws {
        try self.init(port: server.port, instance: instance, settings)
    }

    init(port: UInt16, instance: String = "a", _ settings: [String: SettingValue] = [:]) throws {
        let given = ["redisHost": .text("127.0.0.1:\(port)")].merging(settings) { _, new in new }
        let context = ComponentContext(name: "orders", type: "pubsub.redis", appID: "app", instanceID: instance)
        pubSub = try PubSubKind.redis.make(redisSettings(given), context, host)
    }

    func publish(_ topic: String, _ bodies: [String], metadata: Metadata = Metadata(), key: String = "") {
        let entries = bodies.map { body in
            token += 1
            return PublishEntry(
                topic: topic, body: Array(body.utf8), metadata: metadata, key: Array(key.utf8), completion: publisher,
                token: token)
        }
        pubSub.publish(entries)
    }

    func subscribe(_ topic: String, _ inlet: TestInlet) async throws -> any TopicSource {
        let source = try await pubSub.subscribe(SubscriptionRequest(topic: topic), into: inlet)
        inlet.source = source
        return source
    }
}

/// Waits until a condition holds, or the limit; true where it holds.
func eventually(within limit: Duration = .seconds(10), _ condition: () -> Bool) async -> Bool {
    let loop = EventLoop.current
    let end = loop.now + limit
    while !condition() {
        if loop.now > end { return false }
        try? await loop.sleep(for: .milliseconds(3))
    }
    return true
}

/// Connects again until it works, as the runtime does.
func reconnect(_ pubSub: any PubSub, within limit: Duration = .seconds(10)) async -> Bool {
    let loop = EventLoop.current
    let end = loop.now + limit
    while loop.now < end {
        if (try? await pubSub.connect()) != nil { return true }
        try? await loop.sleep(for: .milliseconds(50))
    }
    return false
}

/// Runs a test on a shard of its own; errors come out.
func onShardThrowing(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let result: Result<Void, any Error> = await onShard {
        do {
            try await body()
            return .success(())
        } catch {
            return .failure(error)
        }
    }
    try result.get()
}
