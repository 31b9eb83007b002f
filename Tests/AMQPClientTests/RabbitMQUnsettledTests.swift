import Messaging
import Testing

@testable import Brokers

struct RabbitMQUnsettledTests {
    /// In a class, so that it can be changed within an expectation.
    private final class Table {
        var value: RabbitMQUnsettled
        init(isAutomatic: Bool) { value = RabbitMQUnsettled(isAutomatic: isAutomatic) }
        var count: Int { value.count }
        var bytes: Int { value.bytes }
        var lowestTag: UInt64 { value.lowestTag }
        func started(_ position: Position) -> Message? { value.started(position) }
        func acknowledged(_ position: Position) -> UInt64 { value.acknowledged(position) }
        func released(_ position: Position, attempts: Int) -> Bool { value.released(position, attempts: attempts) }
        func channelEnded() { value.channelEnded() }
        func overdue(since moment: Instant) -> [UInt64] { value.overdue(since: moment) }
    }

    private static let start = Instant(nanoseconds: 1_000_000_000_000)

    private static func message(_ text: String) -> Message { Message(topic: "t", body: Array(text.utf8)) }

    private static func arrive(
        _ table: Table, _ tag: UInt64, _ text: String, again: Bool = false, at seconds: Int = 0
    ) -> Position? {
        table.value.arrived(tag, isRedelivered: again, message(text), now: start + .seconds(seconds))
    }

    @Test func `an event is acknowledged once, by its tag`() throws {
        let table = Table(isAutomatic: false)
        let position = try #require(Self.arrive(table, 7, "a"))
        #expect(table.count == 1 && table.bytes > 0)
        #expect(table.started(position)?.body == Array("a".utf8))
        #expect(table.acknowledged(position) == 7)
        #expect(table.acknowledged(position) == 0)
        #expect(table.started(position) == nil)
        #expect(table.count == 0 && table.bytes == 0)
    }

    @Test func `a slot that is used again is another event`() throws {
        let table = Table(isAutomatic: false)
        let first = try #require(Self.arrive(table, 1, "a"))
        _ = table.acknowledged(first)
        let second = try #require(Self.arrive(table, 2, "b"))
        #expect(second.low == first.low && second != first)
        #expect(table.acknowledged(first) == 0)
        #expect(table.acknowledged(second) == 2)
    }

    @Test func `the lowest tag is that of what is not done`() throws {
        let table = Table(isAutomatic: false)
        let positions = try (1...4).map { try #require(Self.arrive(table, UInt64($0), "\($0)")) }
        #expect(table.lowestTag == 1)
        _ = table.acknowledged(positions[0])
        _ = table.acknowledged(positions[2])
        #expect(table.lowestTag == 2)
        _ = table.acknowledged(positions[1])
        #expect(table.lowestTag == 4)
        _ = table.acknowledged(positions[3])
        #expect(table.lowestTag == .max)
    }

    @Test func `after a channel what waits is dropped, and what the app has joins its copy`() throws {
        let table = Table(isAutomatic: false)
        let running = try #require(Self.arrive(table, 1, "running"))
        let waiting = try #require(Self.arrive(table, 2, "waiting"))
        _ = table.started(running)
        table.channelEnded()
        #expect(table.count == 1)
        #expect(table.started(waiting) == nil)
        #expect(Self.arrive(table, 1, "waiting", again: true) != nil)
        #expect(Self.arrive(table, 2, "running", again: true) == nil)
        #expect(table.acknowledged(running) == 2)
    }

    @Test func `equal events join one copy each`() throws {
        let table = Table(isAutomatic: false)
        let positions = try (1...2).map { try #require(Self.arrive(table, UInt64($0), "same")) }
        for position in positions { _ = table.started(position) }
        table.channelEnded()
        // The same bytes that were never delivered are a new event.
        #expect(Self.arrive(table, 9, "same") != nil)
        #expect(Self.arrive(table, 1, "same", again: true) == nil)
        #expect(Self.arrive(table, 2, "same", again: true) == nil)
        #expect(Self.arrive(table, 3, "same", again: true) != nil)
        #expect(Set(positions.map { table.acknowledged($0) }) == [1, 2])
    }

    @Test func `what is finished or given back without a channel is forgotten: the broker has it`() throws {
        let table = Table(isAutomatic: false)
        let positions = try (1...2).map { try #require(Self.arrive(table, UInt64($0), "\($0)")) }
        for position in positions { _ = table.started(position) }
        table.channelEnded()
        #expect(table.acknowledged(positions[0]) == 0)
        #expect(!table.released(positions[1], attempts: 3))
        #expect(table.count == 0)
        #expect(Self.arrive(table, 1, "1", again: true) != nil)
        #expect(Self.arrive(table, 2, "2", again: true) != nil)
    }

    @Test func `what is given back keeps its tag and counts its attempts`() throws {
        let table = Table(isAutomatic: false)
        let position = try #require(Self.arrive(table, 5, "a"))
        _ = table.started(position)
        #expect(table.released(position, attempts: 2))
        #expect(table.started(position)?.earlierAttempts == 2)
        #expect(table.acknowledged(position) == 5)
    }

    @Test func `what is held too long goes back, and what the app has joins it again`() throws {
        let table = Table(isAutomatic: false)
        let old = try #require(Self.arrive(table, 1, "old"))
        _ = try #require(Self.arrive(table, 2, "waiting"))
        let young = try #require(Self.arrive(table, 3, "young", at: 60))
        _ = table.started(old)
        _ = table.started(young)
        #expect(table.overdue(since: Self.start + .seconds(30)) == [1, 2])
        #expect(table.overdue(since: Self.start + .seconds(30)) == [])
        #expect(table.count == 2)
        #expect(Self.arrive(table, 4, "old", again: true, at: 61) == nil)
        #expect(table.overdue(since: Self.start + .seconds(60)) == [3])
        #expect(table.acknowledged(old) == 4)
    }

    @Test func `with autoAck nothing is acknowledged and nothing is dropped`() throws {
        let table = Table(isAutomatic: true)
        let positions = try (1...2).map { try #require(Self.arrive(table, UInt64($0), "\($0)")) }
        _ = table.started(positions[0])
        table.channelEnded()
        #expect(table.overdue(since: Self.start + .seconds(9)) == [])
        #expect(table.count == 2)
        #expect(table.released(positions[0], attempts: 1))
        #expect(table.acknowledged(positions[0]) == 0)
        #expect(table.started(positions[1]) != nil)
        #expect(table.count == 1)
    }
}
