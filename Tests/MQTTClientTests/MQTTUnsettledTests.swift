import Messaging
import Testing

@testable import Brokers

struct MQTTUnsettledTests {
    private static func message(_ text: String) -> Message { Message(topic: "t", body: Array(text.utf8)) }

    /// A table that holds one event, with the app, on the first connection.
    private static func running(qos: UInt8 = 1) -> (Table, Position) {
        let table = Table()
        table.connected(sessionPresent: false)
        let position = table.add(message("a"), packetID: 5, qos: qos)
        table.started(position)
        return (table, position)
    }

    @Test func `QoS 1 is acknowledged once, and forgotten`() {
        let (table, position) = Self.running()
        let packet = table.acknowledged(position)
        #expect(packet?.packetID == 5 && packet?.qos == 1)
        #expect(table.acknowledged(position) == nil)
        #expect(table.count == 0 && table.bytes == 0)
        #expect(table.arriving(packetID: 5, isDuplicate: true, Self.message("a")) == .new)
    }

    @Test func `QoS 2 is kept until the broker knows`() {
        let (table, position) = Self.running(qos: 2)
        #expect(table.acknowledged(position)?.qos == 2)
        #expect(table.count == 0)
        table.disconnected()
        table.connected(sessionPresent: true)
        #expect(table.arriving(packetID: 5, isDuplicate: true, Self.message("a")) == .done)
        table.completed(5)
        #expect(table.arriving(packetID: 5, isDuplicate: true, Self.message("a")) == .new)
    }

    @Test func `what the app has joins its second copy, and is acknowledged on the new connection`() {
        let (table, position) = Self.running()
        table.disconnected()
        table.connected(sessionPresent: true)
        #expect(table.arriving(packetID: 5, isDuplicate: true, Self.message("a")) == .known)
        #expect(table.acknowledged(position)?.packetID == 5)
    }

    @Test func `what was done meanwhile is acknowledged without a second call`() {
        let (table, position) = Self.running()
        table.disconnected()
        #expect(table.acknowledged(position) == nil)
        table.connected(sessionPresent: true)
        #expect(table.arriving(packetID: 5, isDuplicate: true, Self.message("a")) == .done)
        #expect(table.arriving(packetID: 5, isDuplicate: true, Self.message("a")) == .new)
    }

    @Test func `what is done before its second copy came is not acknowledged on a connection that has not seen it`() {
        let (table, position) = Self.running()
        table.disconnected()
        table.connected(sessionPresent: true)
        #expect(table.acknowledged(position) == nil)
        #expect(table.arriving(packetID: 5, isDuplicate: true, Self.message("a")) == .done)
    }

    @Test(arguments: [(false, "b"), (true, "b"), (false, "a")])
    func `an id that comes with another event, or with a new one, is not taken for the former`(
        _ isDuplicate: Bool, _ text: String
    ) {
        let (table, position) = Self.running()
        table.disconnected()
        #expect(table.acknowledged(position) == nil)
        table.connected(sessionPresent: true)
        #expect(table.arriving(packetID: 5, isDuplicate: isDuplicate, Self.message(text)) == .new)
        let next = table.add(Self.message(text), packetID: 5, qos: 1)
        #expect(table.acknowledged(next)?.packetID == 5)
    }

    @Test func `an id that is used anew while the app has the former event acknowledges the new one only`() {
        let (table, position) = Self.running()
        #expect(table.arriving(packetID: 5, isDuplicate: false, Self.message("b")) == .new)
        let next = table.add(Self.message("b"), packetID: 5, qos: 1)
        #expect(table.acknowledged(position) == nil)
        #expect(table.acknowledged(next)?.packetID == 5)
        #expect(table.count == 0)
    }

    @Test func `without the session nothing is acknowledged, and nothing that is here is lost`() {
        let (table, position) = Self.running()
        table.disconnected()
        table.connected(sessionPresent: false)
        #expect(table.message(at: position)?.body == [0x61])
        #expect(table.arriving(packetID: 5, isDuplicate: true, Self.message("a")) == .new)
        #expect(table.acknowledged(position) == nil)
        #expect(table.count == 0)
    }

    @Test func `what a subscription had when it ended is not settled by it any more`() {
        let (table, position) = Self.running()
        #expect(table.takenBack(from: 2).isEmpty)
        guard let again = table.takenBack(from: 1).first else {
            Issue.record("it is gone")
            return
        }
        #expect(table.acknowledged(position) == nil)
        #expect(table.message(at: again)?.body == [0x61])
        #expect(table.acknowledged(again)?.packetID == 5)
    }

    @Test func `what is given back says how often it failed`() {
        let (table, position) = Self.running()
        #expect(table.released(position, attempts: 3))
        #expect(table.message(at: position)?.earlierAttempts == 3)
        #expect(table.acknowledged(position)?.packetID == 5)
        #expect(!table.released(position, attempts: 4))
    }

    @Test func `QoS 0 asks for nothing`() {
        let table = Table()
        table.connected(sessionPresent: true)
        let position = table.add(Self.message("a"), packetID: 0, qos: 0)
        #expect(table.acknowledged(position) == nil)
        #expect(table.count == 0)
    }

    /// A broker that keeps what is not acknowledged, against the table, with losses at random: nothing is acknowledged before it is done.
    @Test(arguments: 1...50)
    func `in any order of arrivals, ends and losses nothing is lost`(_ seed: UInt64) {
        var random = Seeded(state: seed)
        let table = Table()
        table.connected(sessionPresent: false)
        var broker: [UInt16: (text: String, isSent: Bool)] = [:]
        var app: [(Position, String)] = []
        var done: Set<String> = []
        var count = 0
        for _ in 0..<2_000 {
            switch random.next() % 10 {
            case 0..<4:
                guard let id = (1...30).first(where: { broker[$0] == nil }) else { continue }
                count += 1
                broker[id] = ("\(count)", true)
                #expect(table.arriving(packetID: id, isDuplicate: false, Self.message("\(count)")) == .new)
                let position = table.add(Self.message("\(count)"), packetID: id, qos: 1)
                table.started(position)
                app.append((position, "\(count)"))
            case 4..<9:
                guard !app.isEmpty else { continue }
                let (position, text) = app.remove(at: Int(random.next() % UInt64(app.count)))
                done.insert(text)
                if let (id, _) = table.acknowledged(position) {
                    #expect(broker[id]?.text == text)
                    broker[id] = nil
                }
            default:
                table.disconnected()
                table.connected(sessionPresent: true)
                for (id, event) in broker {
                    switch table.arriving(packetID: id, isDuplicate: true, Self.message(event.text)) {
                    case .known: #expect(app.contains { $0.1 == event.text })
                    case .done:
                        #expect(done.contains(event.text))
                        broker[id] = nil
                    case .new: Issue.record("the table has forgotten \(event.text)")
                    }
                }
            }
        }
        #expect(count == done.count + app.count)
    }
}

struct Seeded {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}

/// The table behind a reference: what changes it can stand in an expectation.
final class Table {
    private var table = MQTTUnsettled()
    var count: Int { table.count }
    var bytes: Int { table.bytes }
    func connected(sessionPresent: Bool) { table.connected(sessionPresent: sessionPresent) }
    func disconnected() { table.disconnected() }
    func arriving(packetID: UInt16, isDuplicate: Bool, _ message: Message) -> MQTTUnsettled.Arrival {
        table.arriving(packetID: packetID, isDuplicate: isDuplicate, message)
    }
    func add(_ message: Message, packetID: UInt16, qos: UInt8) -> Position {
        table.add(message, packetID: packetID, qos: qos)
    }
    func message(at position: Position) -> Message? { table.message(at: position) }
    func started(_ position: Position) { table.started(position, by: 1) }
    func acknowledged(_ position: Position) -> (packetID: UInt16, qos: UInt8)? { table.acknowledged(position) }
    func released(_ position: Position, attempts: Int) -> Bool { table.released(position, attempts: attempts) }
    func takenBack(from owner: Int) -> [Position] { table.takenBack(from: owner) }
    func completed(_ packetID: UInt16) { table.completed(packetID) }
}
