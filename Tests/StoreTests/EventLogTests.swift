import Foundation
import Loop
import Messaging
import Testing

@testable import Store

/// A log on a shard with one publisher, for tests. Confined to the shard.
final class Desk: PublishCompletion, EventLogOwner {
    let loop = EventLoop.current
    private var made: EventLog?
    var log: EventLog {
        guard let made else { preconditionFailure("the log is made in init") }
        return made
    }
    var outcomes: [UInt64: PublishOutcome] = [:]
    var latched: ComponentError?
    var warnings: [String] = []
    private var token: UInt64 = 0
    var onAnswer: (UInt64, PublishOutcome) -> Void = { _, _ in }

    init(_ path: String, maxBytes: Int = 1 << 30, retention: Int64 = 86_400_000, ringBytes: Int = 4 << 20) {
        made = EventLog(
            LogSettings(
                path: path, maxBytes: maxBytes, retention: retention, ringBytes: ringBytes, owner: "app id \"test\""),
            owner: self)
    }

    func logLatched(_ error: ComponentError) { latched = error }
    func logWarned(_ line: String) { warnings.append(line) }

    func published(_ outcome: PublishOutcome, token: UInt64) {
        outcomes[token] = outcome
        onAnswer(token, outcome)
    }

    /// Publishes in one batch; gives the tokens.
    @discardableResult
    func start(_ bodies: [String], topic: String = "t") -> [UInt64] {
        let first = token + 1
        token += UInt64(bodies.count)
        log.publish(
            bodies.enumerated().map { index, body in
                PublishEntry(
                    topic: topic, body: Array(body.utf8), metadata: Metadata(), completion: self,
                    token: first + UInt64(index))
            })
        return Array(first..<first + UInt64(bodies.count))
    }

    /// Publishes and waits for the answers.
    @discardableResult
    func publish(_ bodies: [String], topic: String = "t") async -> [PublishOutcome] {
        let tokens = start(bodies, topic: topic)
        await wait { tokens.allSatisfy { self.outcomes[$0] != nil } }
        return tokens.compactMap { outcomes[$0] }
    }

    func join(_ topic: String = "t", group: String = "g", events: Int = 1_000) async throws -> Taker {
        let taker = Taker(loop, events: events)
        taker.member = try await log.join(topic, group: group, inlet: taker)
        return taker
    }

    @discardableResult
    func wait(_ seconds: Double = 10, until isSo: () -> Bool) async -> Bool {
        let end = loop.now + .milliseconds(Int(seconds * 1_000))
        while !isSo() {
            guard loop.now < end else { return false }
            try? await loop.sleep(for: .milliseconds(1))
        }
        return true
    }
}

/// Takes messages and settles them as told, at the turn's end.
final class Taker: Inlet, TurnParticipant {
    private let loop: EventLoop
    private let events: Int
    var member: LogMember?
    var received: [Message] = []
    var attemptsToFail: (Message) -> Int? = { _ in nil }
    var isHolding = false
    private var held: [ReceivedMessage] = []
    private var pending: [ReceivedMessage] = []
    private var isDue = false
    private var isStarved = false

    init(_ loop: EventLoop, events: Int) {
        self.loop = loop
        self.events = events
    }

    var bodies: [String] { received.map { String(decoding: $0.body, as: UTF8.self) } }

    var credit: Credit {
        let credit = Credit(events: events - held.count - pending.count, bytes: 1 << 30)
        if !credit.isOpen { isStarved = true }
        return credit
    }

    func take(_ messages: [ReceivedMessage]) {
        received += messages.map(\.message)
        if isHolding { held += messages } else { settle(messages) }
    }

    func settleHeld(_ count: Int = .max) {
        let some = Array(held.prefix(count))
        held.removeFirst(some.count)
        settle(some)
    }

    func forget() {
        var batch = SettledBatch()
        for message in held + pending { message.release(in: &batch, attempts: 0) }
        held = []
        pending = []
    }

    private func settle(_ messages: [ReceivedMessage]) {
        pending += messages
        guard !isDue else { return }
        isDue = true
        loop.atTurnEnd(self)
    }

    func turnEnded() {
        isDue = false
        var batch = SettledBatch()
        for message in pending {
            if let attempts = attemptsToFail(message.message) {
                message.release(in: &batch, attempts: attempts)
            } else {
                message.acknowledge(in: &batch)
            }
        }
        pending = []
        member?.settle(batch)
        guard isStarved else { return }
        isStarved = false
        member?.creditReturned()
    }
}

/// Runs a test's body on a shard of its own; the body gives what was wrong.
func onShard(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let shard = Shard(name: "test")
    let failure = await shard.run { () -> (any Error)? in
        do { try await body() } catch { return error }
        return nil
    }
    shard.stop()
    shard.join()
    if let failure { throw failure }
}

extension PublishOutcome {
    var error: ComponentError? {
        if case .failed(let error) = self { return error }
        return nil
    }
}

struct EventLogTests {
    @Test func `a group that fell behind the ring reads windows, and changes over without a gap`() async throws {
        let scratch = try Scratch()
        let path = scratch.path
        try await onShard {
            let desk = Desk(path, ringBytes: 20_000)
            try await desk.log.open()
            let taker = try await desk.join(events: 10)
            taker.isHolding = true
            for batch in 0..<20 {
                await desk.publish((0..<100).map { "\(batch * 100 + $0)" })
                await desk.publish((0..<100).map { "other \($0)" }, topic: "other")
            }
            taker.isHolding = false
            taker.settleHeld()
            for batch in 20..<40 { await desk.publish((0..<100).map { "\(batch * 100 + $0)" }) }
            await desk.wait { taker.received.count >= 4_000 }
            #expect(taker.bodies == (0..<4_000).map { "\($0)" })
            #expect(desk.log.ring.bytes <= 20_000)
            await desk.log.close()
        }
    }

    @Test func `what failed comes again with its attempts, also after a restart`() async throws {
        let scratch = try Scratch()
        let path = scratch.path
        try await onShard {
            var desk = Desk(path)
            try await desk.log.open()
            var taker = try await desk.join()
            taker.attemptsToFail = { $0.body == Array("bad".utf8) ? $0.earlierAttempts + 2 : nil }
            await desk.publish(["good", "bad", "fine"])
            await desk.wait { taker.received.count == 4 }
            #expect(taker.bodies == ["good", "bad", "fine", "bad"])
            #expect(taker.received.map(\.earlierAttempts) == [0, 0, 0, 2])
            await desk.log.close()
            desk = Desk(path)
            try await desk.log.open()
            taker = try await desk.join()
            await desk.wait { taker.received.count == 1 }
            #expect(taker.bodies == ["bad"])
            #expect(taker.received.first?.earlierAttempts == 4)
            await desk.log.close()
        }
    }

    @Test func `one event that fails for ever holds nobody up, and the file does not fill behind it`() async throws {
        let scratch = try Scratch()
        let path = scratch.path
        try await onShard {
            // A quarter of what is published fits.
            let desk = Desk(path, maxBytes: 1 << 20)
            try await desk.log.open()
            let taker = try await desk.join()
            taker.attemptsToFail = { $0.body.starts(with: Array("0 ".utf8)) ? $0.earlierAttempts + 1 : nil }
            for batch in 0..<40 {
                await desk.publish((0..<50).map { "\(batch * 50 + $0)" + String(repeating: " ", count: 2_000) })
                #expect(desk.outcomes.values.allSatisfy { $0.error == nil })
            }
            #expect(await desk.wait { Set(taker.bodies).count == 2_000 })
            await desk.log.close()
        }
    }

    @Test func `more than may wait for the disk is refused, and what was taken is stored`() async throws {
        let scratch = try Scratch()
        let path = scratch.path
        try await onShard {
            let desk = Desk(path)
            try await desk.log.open()
            let outcomes = await desk.publish((0..<EventLog.maxPendingEvents + 500).map { "\($0)" })
            let errors = outcomes.compactMap(\.error)
            #expect(errors.count == 500)
            #expect(errors.allSatisfy { $0.code == .full && $0.outcome == .notSent })
            #expect(desk.log.waitingEvents == 0)
            await desk.log.close()
        }
    }

    @Test func `a log that cannot be opened says why and can be tried again`() async throws {
        let scratch = try Scratch()
        let path = scratch.path
        try await onShard {
            let first = Desk(path)
            try await first.log.open()
            let second = Desk(path)
            await #expect(throws: ComponentError.self) { try await second.log.open() }
            #expect(await second.publish(["x"]).first?.error?.code == .unavailable)
            await first.log.close()
            try await second.log.open()
            #expect(await second.publish(["x"]).first?.error == nil)
            await second.log.close()
        }
    }

    @Test func `what was settled alone is saved without a publish`() async throws {
        let scratch = try Scratch()
        let path = scratch.path
        try await onShard {
            let desk = Desk(path)
            try await desk.log.open()
            let taker = try await desk.join()
            taker.isHolding = true
            await desk.publish(["a", "b"])
            await desk.wait { taker.received.count == 2 }
            taker.settleHeld()
            try? await desk.loop.sleep(for: .milliseconds(50))
            // What was handed to the thread by now is committed before this.
            await desk.publish(["x"], topic: "other")
            // A copy of the files is what a crash would leave.
            let copy = path + ".copy"
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
            }
            let crashed = Desk(copy)
            try await crashed.log.open()
            let again = try await crashed.join()
            await crashed.publish(["c"])
            await crashed.wait { !again.received.isEmpty }
            #expect(again.bodies == ["c"])
            await crashed.log.close()
            await desk.log.close()
        }
    }

    @Test func `the user is told that a file in memory does not outlive the machine`() async throws {
        let path = "/dev/shm/martlet-\(UUID().uuidString)"
        try await onShard {
            let desk = Desk(path + "/log.db")
            try await desk.log.open()
            #expect(desk.warnings.contains { $0.contains("tmpfs") })
            await desk.log.close()
        }
        try? FileManager.default.removeItem(atPath: path)
    }

    @Test func `the directory is for this user alone`() async throws {
        let scratch = try Scratch()
        let path = scratch.directory + "/a/b/log.db"
        try await onShard {
            let desk = Desk(path)
            try await desk.log.open()
            let mode = try FileManager.default.attributesOfItem(atPath: scratch.directory + "/a/b")[.posixPermissions]
            #expect(mode as? Int == 0o700)
            await desk.log.close()
        }
    }
}
