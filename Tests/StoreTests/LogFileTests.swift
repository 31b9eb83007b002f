import Foundation
import Messaging
import Testing

@testable import Store

/// A directory for one test, and a log in it.
final class Scratch: Sendable {
    let directory: String
    var path: String { directory + "/log.db" }

    init() throws {
        directory = NSTemporaryDirectory() + "martlet-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func open(maxBytes: Int = 1 << 30, retention: Int64 = 86_400_000, now: Int64 = 0) throws -> LogFile {
        try LogFile(
            LogSettings(path: path, maxBytes: maxBytes, retention: retention, owner: "app id \"test\""), now: now)
    }
}

extension LogFile {
    func takeReports() -> [LogReport] {
        defer { reports = [] }
        return reports
    }

    /// Publishes bodies to topic 0, made where it is missing, and gives the answer.
    @discardableResult
    func publish(_ bodies: [[UInt8]], topic: Int = 0, now: Int64 = 0) throws -> LogCommit {
        var work = LogWork()
        work.now = now
        work.topics = (topics.count..<max(topics.count, topic + 1)).map { "topic-\($0)" }
        work.appends = [.init(number: 1, events: bodies.map { LogEvent(topic: topic, body: $0) })]
        commit(work)
        for case .committed(let answer) in takeReports() { return answer }
        throw Missing()
    }

    func group(_ name: String = "g", topic: Int = 0) throws -> LogGroupRecord {
        openGroup(LogWork.Open(group: 0, topic: topic, name: name))
        for case .group(_, let result) in takeReports() { return try result.get() }
        throw Missing()
    }

    func save(_ row: Int64, topic: Int = 0, _ state: Claims.Saved, failures: [LogFailure] = []) {
        var work = LogWork()
        work.saves = [.init(topic: topic, group: row, state: state, failures: failures)]
        commit(work)
    }

    func window(after: UInt64, topic: Int = 0, events: Int = 64, bytes: Int = 262_144) throws -> LogWindow {
        read(LogWork.Read(group: 0, topic: topic, after: after, events: events, bytes: bytes))
        for case .window(_, let window) in takeReports() { return window }
        throw Missing()
    }

    struct Missing: Error {}
}

struct LogFileTests {
    @Test func `what was stored is read again by the next process`() throws {
        let scratch = try Scratch()
        let body = [UInt8](repeating: 0xAB, count: 100_000)
        do {
            let file = try scratch.open()
            var work = LogWork()
            work.topics = ["a", "b"]
            work.appends = [
                .init(
                    number: 1,
                    events: [
                        LogEvent(topic: 0, key: [1, 0, 2], metadata: Metadata([("k", "v")]), body: body),
                        LogEvent(topic: 1, body: []), LogEvent(topic: 0, body: [7]),
                    ])
            ]
            file.commit(work)
            file.close()
        }
        let file = try scratch.open()
        #expect(file.topics.map(\.name) == ["a", "b"])
        #expect(file.last == 3)
        let window = try file.window(after: 0)
        #expect(window.events.map(\.id) == [1, 3])
        #expect(window.events.first?.message.body == body)
        #expect(window.events.first?.message.key == [1, 0, 2])
        #expect(window.events.first?.message.metadata == Metadata([("k", "v")]))
        #expect(window.through == 3)
        #expect(try file.window(after: 0, topic: 1).events.map(\.message.body) == [[]])
        file.close()
    }

    @Test func `the file is set up as it must be`() throws {
        let scratch = try Scratch()
        let file = try scratch.open()
        func ask(_ pragma: String) throws -> String {
            let statement = try file.database.prepare("PRAGMA " + pragma, "asking")
            defer { statement.close() }
            return try statement.step() ? statement.text(0) : ""
        }
        #expect(try ask("journal_mode") == "wal")
        #expect(try ask("synchronous") == "2")
        #expect(try ask("page_size") == "8192")
        #expect(try ask("locking_mode") == "normal", "others may read")
        #expect(try ask("busy_timeout") == "1000")
        #expect(try ask("auto_vacuum") == "2")
        #expect(try ask("secure_delete") == "0")
        #expect(try ask("wal_autocheckpoint") == "0")
        file.close()
    }

    @Test func `a second opener is told who holds the file`() throws {
        let scratch = try Scratch()
        let file = try scratch.open()
        let error = #expect(throws: ComponentError.self) { try scratch.open() }
        #expect(error?.code == .refused)
        #expect(error?.reason.contains("pid \(ProcessInfo.processInfo.processIdentifier), app id \"test\"") == true)
        file.close()
        try scratch.open().close()
    }

    @Test func `windows end at events and bytes, and pass other topics in bounded pieces`() throws {
        let scratch = try Scratch()
        let file = try scratch.open()
        try file.publish([[UInt8]](repeating: [UInt8](repeating: 1, count: 1_000), count: 10))
        try file.publish([[UInt8]](repeating: [2], count: 5_000), topic: 1)
        try file.publish([[3]])
        #expect(try file.window(after: 0, events: 4).events.map(\.id) == [1, 2, 3, 4])
        #expect(try file.window(after: 0, bytes: 2_200).events.map(\.id) == [1, 2])
        #expect(try file.window(after: 0, bytes: 1).events.map(\.id) == [1], "one event may exceed the bytes")
        let far = try file.window(after: 10)
        #expect(far.events.isEmpty)
        #expect(far.through == 10 + LogFile.windowSpan)
        #expect(try file.window(after: far.through).events.map(\.id) == [5_011])
        file.close()
    }

    @Test func `a group begins with the oldest event kept, and goes on where it was`() throws {
        let scratch = try Scratch()
        var file = try scratch.open()
        try file.publish([[1], [2], [3]])
        var group = try file.group()
        #expect(group.state == Claims.Saved(cursor: 0))
        file.save(group.row, Claims.Saved(cursor: 1, ahead: [2, 1]), failures: [.init(id: 2, attempts: 3, due: 77)])
        file.close()
        file = try scratch.open()
        group = try file.group()
        #expect(group.state == Claims.Saved(cursor: 1, ahead: [2, 1]))
        #expect(group.failed.map(\.id) == [2])
        #expect(group.failed.map(\.attempts) == [3])
        #expect(group.failed.map(\.due) == [77])
        file.save(group.row, Claims.Saved(cursor: 3), failures: [.init(id: 2, attempts: 0, due: 0)])
        #expect(try file.group().failed.isEmpty)
        #expect(try file.group("other").state == Claims.Saved(cursor: 0))
        file.close()
    }

    @Test func `what every group has settled is deleted, but never the newest event`() throws {
        let scratch = try Scratch()
        var file = try scratch.open()
        try file.publish((0..<1_000).map { [UInt8($0 % 256)] })
        let first = try file.group("first")
        let second = try file.group("second")
        file.save(first.row, Claims.Saved(cursor: 1_000))
        #expect(file.head == 0)
        file.save(second.row, Claims.Saved(cursor: 600))
        #expect(file.head == 512, "one piece a commit")
        file.save(second.row, Claims.Saved(cursor: 1_000))
        file.maintain(0)
        #expect(try file.window(after: 0).events.map(\.id) == [1_000])
        file.close()
        file = try scratch.open()
        #expect(try file.publish([[1]]).first == 1_001, "ids are not given again")
        file.close()
    }

    @Test func `a topic that nobody takes is kept for the retention, and does not keep others`() throws {
        let scratch = try Scratch()
        let file = try scratch.open(retention: 1_000)
        try file.publish([[9]], topic: 1, now: 0)
        try file.publish((0..<2_000).map { _ in [1] }, topic: 0, now: 10)
        let group = try file.group()
        file.save(group.row, Claims.Saved(cursor: 2_001))
        file.maintain(900)
        #expect(try file.window(after: 0).events.count <= 1)
        #expect(try file.window(after: 0, topic: 1).events.map(\.id) == [1])
        file.maintain(1_001)
        #expect(try file.window(after: 0, topic: 1).events.isEmpty)
        file.close()
    }

    @Test func `a group that is served loses nothing to the retention, an abandoned one does and is named`() throws {
        let scratch = try Scratch()
        let file = try scratch.open(retention: 1_000)
        try file.publish([[1], [2], [3]], now: 0)
        let group = try file.group()
        file.maintain(5_000)
        #expect(try file.window(after: 0).events.count == 3)
        file.leaveGroup(topic: 0, row: group.row, now: 5_000)
        file.maintain(5_999)
        #expect(try file.window(after: 0).events.count == 3)
        file.maintain(6_000)
        var passed: [LogPassed] = []
        for case .passed(let one) in file.takeReports() { passed.append(one) }
        #expect(passed.map(\.events) == [3])
        #expect(passed.first?.name == "g")
        #expect(try file.group().state.cursor == 3)
        file.close()
    }

    @Test func `an event that is not settled is left behind, and goes when it is`() throws {
        let scratch = try Scratch()
        let file = try scratch.open()
        for _ in 0..<10 { try file.publish((0..<500).map { _ in [1] }) }
        let group = try file.group()
        func remaining() throws -> [UInt64] {
            var ids: [UInt64] = []
            var after: UInt64 = 0
            while after < file.last {
                let window = try file.window(after: after)
                ids += window.events.map(\.id)
                after = window.through
            }
            return ids
        }
        var claims = Claims(cursor: 0)
        for id in 1...5_000 as ClosedRange<UInt64> {
            claims.handOver(id, to: 0)
            if id != 1, id != 2, id != 700 { claims.acknowledge(id) }
        }
        file.save(group.row, claims.saved)
        file.maintain(0)
        #expect(try remaining() == [1, 2, 700, 5_000])
        claims.acknowledge(700)
        file.save(group.row, claims.saved)
        file.maintain(0)
        #expect(try remaining() == [1, 2, 5_000])
        claims.acknowledge(1)
        claims.acknowledge(2)
        file.save(group.row, claims.saved)
        file.maintain(0)
        #expect(try remaining() == [5_000])
        #expect(file.topics[0].left.isEmpty)
        file.close()
    }

    @Test func `the write-ahead log is carried into the file before it grows`() throws {
        let scratch = try Scratch()
        let file = try scratch.open()
        for _ in 0..<60 {
            try file.publish([[UInt8]](repeating: [UInt8](repeating: 1, count: 10_000), count: 50))
            file.checkpointIfLong()
        }
        let size = try FileManager.default.attributesOfItem(atPath: scratch.path + "-wal")[.size] as? Int ?? .max
        #expect(size < 8 << 20, "30 MB went through it")
        #expect(file.last == 3_000)
        file.close()
    }

    @Test func `at its bound the log refuses events, and takes them again when some are settled`() throws {
        let scratch = try Scratch()
        let file = try scratch.open(maxBytes: 1 << 20)
        let group = try {
            try file.publish([[0]]); return try file.group()
        }()
        var stored = 0
        var refusal: LogCommit?
        while refusal == nil {
            let answer = try file.publish([[UInt8]](repeating: [UInt8](repeating: 5, count: 10_000), count: 10))
            stored += answer.refused.first?.stored ?? 10
            if answer.error != nil { refusal = answer }
        }
        #expect(refusal?.error?.code == .full)
        #expect(refusal?.error?.outcome == .notSent)
        #expect((80...104).contains(stored))
        #expect(file.last == UInt64(stored + 1))
        file.save(group.row, Claims.Saved(cursor: file.last))
        #expect(try file.publish([[1]]).error == nil)
        file.close()
    }

    @Test(arguments: ["not a database at all, but long enough to look at", ""])
    func `a file that is no log is refused or taken over when it is empty`(_ content: String) throws {
        let scratch = try Scratch()
        try Data((content.isEmpty ? "" : String(repeating: content, count: 400)).utf8).write(
            to: URL(fileURLWithPath: scratch.path))
        if content.isEmpty {
            try scratch.open().close()
        } else {
            let error = #expect(throws: ComponentError.self) { try scratch.open() }
            #expect(error?.code == .storage)
            #expect(error?.reason.contains("left as it is") == true)
        }
    }

    @Test func `a damaged page is noticed at the start`() throws {
        let scratch = try Scratch()
        let file = try scratch.open()
        try file.publish((0..<500).map { [UInt8](repeating: UInt8($0 % 256), count: 500) })
        file.close()
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: scratch.path))
        for page in 6..<20 {
            try handle.seek(toOffset: UInt64(page * 8_192))
            try handle.write(contentsOf: Data(repeating: 0xEE, count: 100))
        }
        try handle.close()
        let error = #expect(throws: ComponentError.self) { try scratch.open() }
        #expect(error?.code == .storage)
    }

    @Test func `a torn end of the write-ahead log costs nothing that was answered`() throws {
        let scratch = try Scratch()
        let copy = scratch.directory + "/copy.db"
        let file = try scratch.open()
        try file.publish([[1], [2]])
        try file.publish([[3]])
        try FileManager.default.copyItem(atPath: scratch.path, toPath: copy)
        let whole = try Data(contentsOf: URL(fileURLWithPath: scratch.path + "-wal"))
        file.close()
        for (cut, expected) in [(0, 3), (100, 2), (8_192, 2)] {
            try? FileManager.default.removeItem(atPath: copy + "-wal")
            try (whole.dropLast(cut) + Data(repeating: 0x5A, count: cut / 2)).write(
                to: URL(fileURLWithPath: copy + "-wal"))
            let again = try LogFile(
                LogSettings(path: copy, maxBytes: 1 << 30, retention: 1_000, owner: "app id \"test\""), now: 0)
            #expect(again.last == UInt64(expected))
            again.latch(SQLiteError(code: 10, message: "keep the copy", action: "testing"))
            again.close()
        }
    }
}
