import Foundation
import Messaging
import Testing

@testable import Store

@Suite struct LogReaderTests {
    private func bodies(_ reader: LogReader, after id: UInt64 = 0, limit: Int = 100) throws -> [[UInt8]] {
        try reader.events(of: "topic-0", after: id, limit: limit).map(\.event.message.body)
    }

    @Test func `a reader sees each commit of the process that holds the file, and does not hold it up`() throws {
        let scratch = try Scratch()
        let file = try scratch.open()
        let reader = LogReader(path: scratch.path)
        #expect(try bodies(reader).isEmpty)
        for number: UInt8 in 1...200 {
            try file.publish([[number]], now: Int64(number))
            #expect(try bodies(reader, after: UInt64(number) - 1) == [[number]])
        }
        #expect(try reader.newestID() == 200)
        let last = try #require(try reader.events(of: "topic-0", after: 199, limit: 1).first)
        #expect(last.time == 200)
        #expect(last.event.message.topic == "topic-0")
        #expect(try bodies(reader, limit: 3) == [[1], [2], [3]])
        // The owner can carry its write-ahead log over and start it again while the reader has the file open.
        try file.database.checkpoint()
        try file.publish([[201]])
        #expect(try bodies(reader, after: 200) == [[201]])
        file.close()
        #expect(try bodies(reader, after: 200) == [[201]])
        reader.close()
        try scratch.open().close()
    }

    @Test func `a file that is not there is no fault that stays`() throws {
        let scratch = try Scratch()
        let reader = LogReader(path: scratch.path)
        let error = #expect(throws: ComponentError.self) { try reader.newestID() }
        #expect(error?.code == .unavailable)
        #expect(!FileManager.default.fileExists(atPath: scratch.path), "a reader makes no file")
        let file = try scratch.open()
        try file.publish([[1]])
        #expect(try bodies(reader) == [[1]])
        file.close()
    }

    @Test func `a file of another program is not read`() throws {
        let scratch = try Scratch()
        let database = try SQLiteDatabase(path: scratch.path)
        try database.execute("CREATE TABLE event(id)", "making a table")
        database.close()
        let error = #expect(throws: ComponentError.self) { try LogReader(path: scratch.path).newestID() }
        #expect(error?.reason.contains("no log of events") == true)
    }
}
