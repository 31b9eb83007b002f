import Foundation
import Messaging
import MessagingTesting
import TestServers
import Testing

/// What the kind does beyond the contract, against a real RabbitMQ that the tests share.
@Suite(.serialized) struct RabbitMQKindTests {
    // MARK: Unroutable and refused events

    @Test(.timeLimit(.minutes(4)))
    func `an event that no queue takes is gone as with daprd, unless the topic had a queue`() async throws {
        try await RabbitMQStage.run { stage in
            let publisher = try await stage.bench.connected(consumer: "publisher")
            try await stage.bench.store(publisher, "t", ["nobody", "listens"])
            #expect(publisher.warnings.contains { $0.contains("gone nowhere") && $0.contains("mandatory") })
            let subscriber = try await stage.subscribe(try await stage.bench.connected(), "t")
            subscriber.takesAll = true
            try await stage.bench.store(publisher, "t", ["heard"])
            try await stage.bench.wait("the event") { subscriber.bodies == ["heard"] }
            await subscriber.source?.cancel()
            try await stage.deleteQueue("\(stage.bench.prefix)consumer-\(stage.bench.prefix)t")
            let error = try await stage.refused(publisher, "t", "missed")
            #expect(error.code == .unavailable && error.outcome == .notSent)
            #expect(error.reason.contains("no queue takes it"))
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `mandatory decides what becomes of an event that no queue takes`() async throws {
        try await RabbitMQStage.run(values: ["mandatory": "always"]) { stage in
            let strict = try await stage.bench.connected()
            #expect(try await stage.refused(strict, "t", "x").outcome == .notSent)
            stage.harness.values["mandatory"] = "never"
            let loose = try await stage.bench.connected()
            try await stage.bench.store(loose, "t", ["x"])
            #expect(loose.warnings.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `what a full queue refuses is an error, and what it took is there`() async throws {
        try await RabbitMQStage.run(values: ["maxLen": "10"]) { stage in
            let component = try await stage.bench.connected()
            let queue = "\(stage.bench.prefix)consumer-\(stage.bench.prefix)t"
            try stage.server.control("set_policy", queue, "^\(queue)$", #"{"overflow":"reject-publish"}"#)
            let first = try await stage.subscribe(component, "t")
            await first.source?.cancel()
            var stored: Set<String> = []
            var refused = 0
            // A classic queue looks at its length after a batch; one after the other is exact enough.
            for number in 0..<60 {
                switch try await stage.publish(component, "t", "\(number)") {
                case .stored?: stored.insert("\(number)")
                case .failed(let error)?:
                    refused += 1
                    #expect(error.code == .full && error.reason.contains("basic.nack"))
                case nil: break
                }
            }
            #expect(refused > 30)
            let second = try await stage.subscribe(component, "t")
            second.takesAll = true
            try await stage.bench.wait("what was stored") { stored.isSubset(of: Set(second.bodies)) }
            await stage.bench.watch()
            #expect(Set(second.bodies) == stored)
        }
    }

    @Test(
        .timeLimit(.minutes(4)),
        arguments: [
            ("priority", "high"), ("priority", "256"), ("ttlInSeconds", "soon"),
            ("routingKey", String(repeating: "k", count: 300)),
            ("messageID", String(repeating: "m", count: 300)), ("big", String(repeating: "b", count: 200_000)),
        ])
    func `metadata that AMQP cannot carry is refused before it is sent`(_ name: String, _ value: String) async throws {
        try await RabbitMQStage.run { stage in
            let component = try await stage.bench.connected()
            let error = try await stage.refused(component, "t", "x", [(name, value)])
            #expect(error.code == .refused && error.outcome == .notSent)
            try await stage.bench.store(component, "t", ["y"])
        }
    }

    // MARK: Queues

    @Test(.timeLimit(.minutes(4)))
    func `an expired event is not delivered`() async throws {
        try await RabbitMQStage.run(values: ["ttlInSeconds": "1h"]) { stage in
            let component = try await stage.bench.connected()
            await (try await stage.subscribe(component, "t")).source?.cancel()
            _ = try await stage.publish(component, "t", "old", [("ttlInSeconds", "1")])
            _ = try await stage.publish(component, "t", "new")
            await stage.harness.sleep(for: .milliseconds(1_500))
            let subscriber = try await stage.subscribe(component, "t")
            try await stage.bench.wait("the new event") { !subscriber.messages.isEmpty }
            await stage.bench.watch()
            #expect(subscriber.bodies == ["new"])
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a higher priority goes first`() async throws {
        try await RabbitMQStage.run { stage in
            let component = try await stage.bench.connected()
            let metadata = [("maxPriority", "10")]
            await (try await stage.subscribe(component, "t", metadata)).source?.cancel()
            _ = try await stage.publish(component, "t", "low", [("priority", "1")])
            _ = try await stage.publish(component, "t", "high", [("priority", "9")])
            let subscriber = try await stage.subscribe(component, "t", metadata)
            try await stage.bench.wait("both events") { subscriber.messages.count == 2 }
            #expect(subscriber.bodies == ["high", "low"])
            #expect(component.warnings.allSatisfy { !$0.contains("as it is") })
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a quorum queue counts deliveries`() async throws {
        try await RabbitMQStage.run { stage in
            let component = try await stage.bench.connected()
            let metadata = [("queueType", "quorum")]
            let first = try await stage.subscribe(component, "t", metadata)
            try await stage.bench.store(component, "t", ["a"])
            try await stage.bench.wait("the event") { first.messages.count == 1 }
            #expect(first.messages[0].earlierAttempts == 0)
            await first.source?.cancel()
            let second = try await stage.subscribe(component, "t", metadata)
            try await stage.bench.wait("the event again") { second.messages.count == 1 }
            #expect(second.messages[0].earlierAttempts == 1)
            second.acknowledge()
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `what is rejected goes to the dead letter queue, with daprd's names`() async throws {
        try await RabbitMQStage.run(values: ["enableDeadLetter": "true"]) { stage in
            let component = try await stage.bench.connected()
            let queue = "\(stage.bench.prefix)consumer-\(stage.bench.prefix)t"
            let subscriber = try await stage.subscribe(component, "t")
            #expect(subscriber.source?.deadLetterPlace == "dlx-\(queue)")
            try await stage.bench.store(component, "t", ["bad"])
            try await stage.bench.wait("the event") { subscriber.heldCount == 1 }
            subscriber.reject()
            // Who looks at dead letters names their queue, which is taken as it is.
            let dead = CollectingInlet(10)
            let request = SubscriptionRequest(
                topic: "dlx-\(queue)", metadata: Metadata([("queueName", "dlq-\(queue)")]))
            stage.harness.values["enableDeadLetter"] = "false"
            let reader = try await stage.bench.connected()
            dead.source = try await reader.pubSub.subscribe(request, into: dead)
            try await stage.bench.wait("the dead letter") { dead.bodies == ["bad"] }
            #expect(reader.warnings.contains { $0.contains("PRECONDITION_FAILED") && $0.contains("as it is") })
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `routing keys lead to the queues that are bound with them`() async throws {
        try await RabbitMQStage.run(values: ["exchangeKind": "topic"]) { stage in
            let component = try await stage.bench.connected()
            let one = try await stage.subscribe(
                component, "t", [("routingKey", "a.*,b"), ("queueName", "\(stage.bench.prefix)one")])
            let two = try await stage.subscribe(
                component, "t", [("routingKey", "a.#"), ("queueName", "\(stage.bench.prefix)two")])
            for key in ["a.x", "a.x.y", "b"] { _ = try await stage.publish(component, "t", key, [("routingKey", key)]) }
            #expect(try await stage.refused(component, "t", "c", [("routingKey", "c")]).code == .unavailable)
            try await stage.bench.wait("all events") { one.messages.count == 2 && two.messages.count == 2 }
            #expect(one.bodies == ["a.x", "b"] && two.bodies == ["a.x", "a.x.y"])
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a queue that is deleted is declared again, and what comes then arrives`() async throws {
        try await RabbitMQStage.run { stage in
            let component = try await stage.bench.connected()
            let subscriber = try await stage.subscribe(component, "t")
            subscriber.takesAll = true
            try await stage.bench.store(component, "t", ["before"])
            try await stage.bench.wait("the event") { subscriber.bodies == ["before"] }
            try await stage.deleteQueue("\(stage.bench.prefix)consumer-\(stage.bench.prefix)t")
            try await stage.bench.wait("a word about it") { component.warnings.contains { $0.contains("is gone") } }
            var number = 0
            // Until it is there again a publish is an error: this sidecar subscribes.
            while case .failed(let error)? = try await stage.publish(component, "t", "after") {
                number += 1
                #expect(error.outcome == .notSent)
                guard number < 500 else { throw ContractViolation("the queue did not come back") }
                await stage.harness.sleep(for: .milliseconds(10))
            }
            try await stage.bench.wait("the event after") { subscriber.bodies == ["before", "after"] }
            #expect(component.losses == 0)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `an exchange with other settings is taken as it is, with a word`() async throws {
        try await RabbitMQStage.run { stage in
            let first = try await stage.bench.connected()
            let subscriber = try await stage.subscribe(first, "t")
            stage.harness.values["exchangeKind"] = "direct"
            let second = try await stage.bench.connected(consumer: "other")
            try await stage.bench.store(second, "t", ["a", "b"])
            try await stage.bench.wait("both events") { subscriber.bodies == ["a", "b"] }
            #expect(second.warnings.contains { $0.contains("inequivalent arg 'type'") && $0.contains("exchangeKind") })
            #expect(second.losses == 0)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `no more than the prefetch count comes unacknowledged`() async throws {
        try await RabbitMQStage.run(values: ["prefetchCount": "3"]) { stage in
            let component = try await stage.bench.connected()
            let subscriber = try await stage.subscribe(component, "t")
            try await stage.bench.store(component, "t", (0..<10).map { "\($0)" })
            try await stage.bench.wait("three events") { subscriber.messages.count == 3 }
            await stage.bench.watch()
            #expect(subscriber.messages.count == 3)
            subscriber.acknowledge()
            try await stage.bench.wait("three more") { subscriber.messages.count == 6 }
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a single active consumer leaves the others waiting until it ends`() async throws {
        try await RabbitMQStage.run { stage in
            let component = try await stage.bench.connected()
            let metadata = [("singleActiveConsumer", "true")]
            let one = try await stage.subscribe(component, "t", metadata)
            let two = try await stage.subscribe(component, "t", metadata)
            try await stage.bench.store(component, "t", ["a", "b"])
            try await stage.bench.wait("both at one") { one.messages.count == 2 }
            await stage.bench.watch()
            #expect(two.messages.isEmpty)
            await one.source?.cancel()
            try await stage.bench.wait("both at the other") { two.bodies == ["a", "b"] }
        }
    }

    @Test(.timeLimit(.minutes(4)), arguments: [("queueType", "stream"), ("maxPriority", "many"), ("maxLen", "-1")])
    func `metadata of a subscription that means nothing is refused`(_ name: String, _ value: String) async throws {
        try await RabbitMQStage.run { stage in
            let component = try await stage.bench.connected()
            await #expect {
                _ = try await stage.subscribe(component, "t", [(name, value)])
            } throws: { error in
                (error as? ComponentError)?.code == .settings && "\(error)".contains(name)
            }
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `what the broker refuses to a subscription has its words, and the others work`() async throws {
        try await RabbitMQStage.run(values: ["deletedWhenUnused": "true"]) { stage in
            let component = try await stage.bench.connected()
            await #expect {
                _ = try await stage.subscribe(component, "t", [("queueType", "quorum")])
            } throws: { error in
                "\(error)".contains("auto-delete") && "\(error)".contains("deletedWhenUnused")
            }
            let other = try await stage.subscribe(component, "u")
            try await stage.bench.store(component, "u", ["a"])
            try await stage.bench.wait("the other's event") { other.bodies == ["a"] }
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a user who may not declare works with what is there`() async throws {
        try await RabbitMQStage.run { stage in
            let owner = try await stage.bench.connected()
            await (try await stage.subscribe(owner, "t")).source?.cancel()
            let user = "\(stage.bench.prefix)user"
            try stage.server.control("add_user", user, "pass")
            try stage.server.control("set_permissions", user, "^$", ".*", ".*")
            stage.harness.values["connectionString"] = "amqp://\(user):pass@127.0.0.1:\(stage.server.port)"
            let guest = try await stage.bench.connected()
            let subscriber = try await stage.subscribe(guest, "t")
            try await stage.bench.store(guest, "t", ["a"])
            try await stage.bench.wait("the event") { subscriber.bodies == ["a"] }
            #expect(guest.warnings.contains { $0.contains("ACCESS_REFUSED") && $0.contains("as it is") })
            let error = try await stage.refused(guest, "other", "x")
            #expect(error.code == .refused && error.outcome == .notSent && error.reason.contains("ACCESS_REFUSED"))
            #expect(guest.losses == 0)
        }
    }

    // MARK: Acknowledgements

    @Test(.timeLimit(.minutes(4)))
    func `what is held too long is queued again, and joins its copy with the app`() async throws {
        try await RabbitMQStage.run(values: ["holdLimit": "2s"]) { stage in
            let component = try await stage.bench.connected()
            let subscriber = try await stage.subscribe(component, "t")
            try await stage.bench.store(component, "t", ["a", "b", "a"])
            try await stage.bench.wait("three events") { subscriber.messages.count == 3 }
            try await stage.bench.wait("a word about it") { component.warnings.contains { $0.contains("holdLimit") } }
            await stage.bench.watch()
            subscriber.acknowledge()
            await stage.bench.watch()
            #expect(subscriber.messages.count == 3)
            await subscriber.source?.cancel()
            let next = try await stage.subscribe(component, "t")
            await stage.bench.watch()
            #expect(next.messages.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `with autoAck what was sent is done`() async throws {
        try await RabbitMQStage.run(values: ["autoAck": "true"]) { stage in
            let component = try await stage.bench.connected()
            let first = try await stage.subscribe(component, "t")
            try await stage.bench.store(component, "t", ["a", "b"])
            try await stage.bench.wait("both events") { first.messages.count == 2 }
            first.release()
            try await stage.bench.wait("both again, from here") { first.messages.count == 4 }
            await first.source?.cancel()
            let second = try await stage.subscribe(component, "t")
            await stage.bench.watch()
            #expect(second.messages.isEmpty)
        }
    }

    // MARK: Properties

    @Test(.timeLimit(.minutes(4)))
    func `properties are shown where that is asked for`() async throws {
        try await RabbitMQStage.run(values: ["publishMessagePropertiesToMetadata": "true"]) { stage in
            let component = try await stage.bench.connected()
            let subscriber = try await stage.subscribe(component, "t")
            _ = try await stage.publish(
                component, "t", "x",
                [("messageID", "m"), ("correlationID", "c"), ("type", "y"), ("contentType", "text/x"), ("other", "o")])
            try await stage.bench.wait("the event") { subscriber.messages.count == 1 }
            let metadata = subscriber.messages[0].metadata
            for (name, value) in [
                ("metadata.messageid", "m"), ("metadata.correlationid", "c"), ("metadata.type", "y"),
                ("metadata.contenttype", "text/x"), ("metadata.other", "o"), ("other", "o"),
            ] { #expect(metadata[name] == value, "\(name)") }
        }
    }

    // MARK: Refusals

    @Test(.timeLimit(.minutes(4)))
    func `who is refused hears the broker's words and what to do`() async throws {
        try await RabbitMQStage.run { stage in
            let port = stage.server.port
            let login = try await stage.connectError(["connectionString": "amqp://guest:wrong-secret@127.0.0.1:\(port)"]
            )
            #expect(login.code == .refused && login.nativeCode == 403)
            #expect(login.reason.contains("ACCESS_REFUSED") && login.reason.contains("check user and password"))
            #expect(!login.description.contains("secret"))
            let host = try await stage.connectError(["connectionString": "amqp://127.0.0.1:\(port)/nowhere"])
            #expect(host.code == .refused && host.reason.contains("vhost nowhere not found"))
            let name = try await stage.connectError(["connectionString": "amqp://no.such.host.invalid:\(port)"])
            #expect(
                name.code == .unavailable && name.reason.contains("no.such.host.invalid")
                    && name.reason.contains("connectionString"))
            let plain = try await stage.connectError(["connectionString": "amqps://127.0.0.1:\(port)"])
            #expect(plain.reason.contains("TLS"))
            let nobody = try await stage.connectError(["connectionString": "amqp://127.0.0.1:\(try FreePort.take())"])
            #expect(
                nobody.code == .unavailable
                    && nobody.reason.contains("is RabbitMQ running there, as connectionString says?"))
        }
    }
}
