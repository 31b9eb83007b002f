import Foundation
import Loop
import Messaging
import TestServers
import Testing

@testable import Store

/// What happens when the process or the device fails. Each body runs in a process of its own.
@Suite(.serialized) struct CrashTests {
    /// Publishes without an end, notes what was answered and what was settled, and kills itself after so many answers.
    static func publishUntilKilled(_ directory: String, after answers: Int, round: Int) async {
        let answered = Ledger(directory + "/answered")
        let settled = Ledger(directory + "/settled")
        try? await onShard {
            let desk = Desk(directory + "/log.db", ringBytes: 10_000)
            try await desk.log.open()
            let taker = try await desk.join(events: 50)
            // The ledger knows of a settlement before the log does: what comes again is at worst what was under way.
            taker.attemptsToFail = { message in
                if Int.random(in: 0..<10) == 0 { return message.earlierAttempts + 1 }
                settled.write(message.body)
                return nil
            }
            var names: [UInt64: String] = [:]
            var count = 0
            desk.onAnswer = { token, outcome in
                guard outcome.error == nil, let name = names[token] else { return }
                answered.write(Array(name.utf8))
                count += 1
                if count == answers { kill(getpid(), SIGKILL) }
            }
            var number = 0
            while true {
                let bodies = (0..<Int.random(in: 1...40)).map { _ in
                    number += 1
                    return "\(round)-\(number)"
                }
                for (token, name) in zip(desk.start(bodies), bodies) { names[token] = name }
                try await desk.loop.sleep(for: .microseconds(Int.random(in: 0...2_000)))
            }
        }
    }

    @Test func `after a kill nothing that was answered is missing, and what was settled stays settled`() async throws {
        let scratch = try Scratch()
        let directory = scratch.directory
        for round in 0..<8 {
            let answers = 200 + round * 150
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [directory = directory as String, answers = answers as Int, round = round as Int] in
                await CrashTests.publishUntilKilled(directory, after: answers, round: round)
            }
        }
        let answered = Set(try Ledger.read(directory + "/answered"))
        let settled = try Ledger.read(directory + "/settled")
        #expect(answered.count >= 8 * 200)
        try await onShard {
            let desk = Desk(directory + "/log.db")
            try await desk.log.open()
            let taker = try await desk.join()
            await desk.publish(["last"])
            await desk.wait { taker.bodies.contains("last") }
            await desk.wait(2) { answered.isSubset(of: Set(settled).union(taker.bodies)) }
            let missing = answered.subtracting(settled).subtracting(taker.bodies)
            #expect(missing.isEmpty)
            #expect(taker.bodies.count == Set(taker.bodies).count, "within one run nothing came twice")
            await desk.log.close()
        }
        // Settled ones come again only where the kill came before their commit: a window's worth for each kill.
        let repeated = settled.count - Set(settled).count
        #expect(repeated <= 8 * 400, "\(repeated) of \(settled.count) were settled twice")
    }

    @Test func `an error of the device at the commit is unknown, latches the log, and leaves what was answered`()
        async throws
    {
        let scratch = try Scratch()
        let directory = scratch.directory
        await #expect(processExitsWith: .success) { [directory = directory as String] in
            try await onShard {
                let desk = Desk(directory + "/log.db")
                try await desk.log.open()
                let first = await desk.publish(["kept"])
                precondition(first.first?.error == nil)
                // From here on the write-ahead log cannot grow: writing fails with EFBIG, which SQLite reports as an I/O error.
                signal(SIGXFSZ, SIG_IGN)
                var limit = rlimit(rlim_cur: 300_000, rlim_max: 300_000)
                setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
                var error: ComponentError?
                for _ in 0..<20 where error == nil {
                    let outcomes = await desk.publish((0..<5).map { _ in String(repeating: "x", count: 10_000) })
                    error = outcomes.compactMap(\.error).first
                }
                precondition(error?.code == .storage && error?.outcome == .unknown, "\(String(describing: error))")
                await desk.wait { desk.latched != nil }
                precondition(desk.latched != nil)
                let later = await desk.publish(["later"]).first?.error
                precondition(later?.code == .storage && later?.outcome == .notSent)
                let size = try FileManager.default.attributesOfItem(atPath: directory + "/log.db")[.size] as? Int
                await desk.log.close()
                let after = try FileManager.default.attributesOfItem(atPath: directory + "/log.db")[.size] as? Int
                precondition(size == after, "closing wrote to the file")
            }
        }
        try await onShard {
            let desk = Desk(directory + "/log.db")
            try await desk.log.open()
            let taker = try await desk.join()
            await desk.wait { !taker.received.isEmpty }
            #expect(taker.bodies.first == "kept")
            await desk.log.close()
        }
    }

    static let canMount = getuid() == 0 && run("/bin/mount", ["--version"]) == 0

    static func run(_ path: String, _ arguments: [String]) -> Int32 {
        TestProgram.run(path, arguments)
    }

    @Test(.enabled(if: CrashTests.canMount, "it mounts a small file system"))
    func `a full device refuses events, loses none, and takes them again when there is room`() async throws {
        let scratch = try Scratch()
        let directory = scratch.directory
        guard Self.run("/bin/mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", directory]) == 0 else { return }
        defer { _ = Self.run("/bin/umount", [directory]) }
        try await onShard {
            let desk = Desk(directory + "/log.db")
            try await desk.log.open()
            let taker = try await desk.join()
            taker.isHolding = true
            var stored: [String] = []
            var refused: ComponentError?
            for index in 0..<1_000 where refused == nil {
                let body = "\(index) " + String(repeating: "x", count: 5_000)
                if let error = await desk.publish([body]).first?.error { refused = error } else { stored.append(body) }
            }
            #expect(refused?.code == .full)
            #expect(refused?.outcome == .notSent)
            #expect(desk.latched == nil)
            #expect(stored.count > 50)
            // What subscribers settle makes room in the file, although the device stays full.
            taker.isHolding = false
            taker.settleHeld()
            #expect(await desk.wait { taker.received.count == stored.count })
            var again: ComponentError?
            for _ in 0..<300 {
                again = await desk.publish(["again"]).first?.error
                if again == nil { break }
                try await desk.loop.sleep(for: .milliseconds(20))
            }
            #expect(again == nil)
            #expect(await desk.wait { taker.bodies.last == "again" })
            #expect(taker.bodies.dropLast() == stored[...])
            await desk.log.close()
        }
    }
}

/// Lines in a file that outlive a kill.
final class Ledger: Sendable {
    private let descriptor: Int32

    init(_ path: String) { descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600) }

    func write(_ line: [UInt8]) {
        let bytes = line + [0x0A]
        _ = Foundation.write(descriptor, bytes, bytes.count)
    }

    static func read(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { String($0) }
    }
}
