import Brokers
import KafkaClient
import Messaging
import Rules
import Testing

/// Events as records and back (spec 3.5).
struct KafkaMappingTests {
    final class Nobody: PublishCompletion {
        func published(_ outcome: PublishOutcome, token: UInt64) {}
    }

    func entry(_ body: String, _ metadata: [(String, String)] = [], key: String = "") -> PublishEntry {
        PublishEntry(
            topic: "orders", body: Array(body.utf8), metadata: Metadata(metadata), key: Array(key.utf8),
            completion: Nobody(), token: 1)
    }

    @Test(arguments: [
        ([("partitionKey", "a"), ("__key", "b")], "c", "a"),
        ([("__key", "b")], "c", "b"),
        ([("PartitionKey", "a")], "c", "c"),
        ([], "", ""),
    ])
    func `the key is partitionKey, else __key, else the event's`(
        _ metadata: [(String, String)], _ key: String, _ expected: String
    ) throws {
        let record = try KafkaMapping.record(of: entry("{}", metadata, key: key), token: 1)
        #expect(record.key == Array(expected.utf8))
        #expect(record.headers.map(\.name) == metadata.map(\.0))
    }

    @Test func `pairs with an excluded name become no header`() throws {
        let pairs = [("traceparent", "1"), ("x-note", "2"), ("partitionKey", "k")]
        let record = try KafkaMapping.record(of: entry("{}", pairs), token: 1, excluded: try TextPattern("^(x-|trace)"))
        #expect(record.headers.map(\.name) == ["partitionKey"])
        #expect(record.key == Array("k".utf8))
    }

    @Test func `a body that is exactly null is a tombstone, an empty one is not`() throws {
        #expect(try KafkaMapping.record(of: entry("null"), token: 1).value == nil)
        #expect(try KafkaMapping.record(of: entry("null "), token: 1).value != nil)
        #expect(try KafkaMapping.record(of: entry(""), token: 1).value == [])
    }

    @Test(arguments: [("0", 0), ("17", 17)])
    func `a partition is taken as named`(_ text: String, _ number: Int32) throws {
        #expect(try KafkaMapping.record(of: entry("{}", [("partitionNumber", text)]), token: 1).partition == number)
    }

    @Test(arguments: ["-1", "x", "", "99999999999"])
    func `a partition that is none is refused by name`(_ text: String) {
        #expect {
            try KafkaMapping.record(of: entry("{}", [("partitionNumber", text)]), token: 1)
        } throws: { error in
            (error as? ComponentError)?.reason.contains("partitionNumber") == true
        }
    }

    @Test(arguments: [("Avro", true), ("avro", true), ("None", false), ("", false)])
    func `Avro is refused by name`(_ type: String, _ isRefused: Bool) {
        var reason = ""
        do {
            _ = try KafkaMapping.record(of: entry("{}", [("valueSchemaType", type)]), token: 1)
        } catch { reason = error.reason }
        #expect(reason.contains("valueSchemaType") == isRefused)
    }

    @Test func `a message has the headers, and where it came from`() {
        let record = KafkaRecord(
            offset: 42, timestamp: 1_700_000_000_123, key: Array("k".utf8), value: nil, headers: [("a b", "ü/&")])
        let id = KafkaPartitionID(topic: "orders", number: 3)
        let plain = KafkaMapping.message(of: record, id, escapes: false)
        #expect(plain.body == Array("null".utf8))
        #expect(plain.key == Array("k".utf8))
        let expected = Metadata([
            ("a b", "ü/&"), ("__key", "k"), ("__offset", "42"), ("__partition", "3"), ("__topic", "orders"),
            ("__timestamp", "1700000000123"),
        ])
        #expect(plain.metadata == expected)
        #expect(KafkaMapping.message(of: record, id, escapes: true).metadata["a+b"] == "%C3%BC%2F%26")
    }
}
