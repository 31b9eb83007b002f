import Messaging
import Testing

@testable import Store

struct CodecTests {
    @Test(arguments: [0, 1, 127, 128, 300, 16_383, 16_384, UInt64(UInt32.max), .max] as [UInt64])
    func `a number survives`(_ number: UInt64) {
        var bytes: [UInt8] = []
        Varint.append(number, to: &bytes)
        var rest = bytes[...]
        #expect(Varint.take(from: &rest) == number)
        #expect(rest.isEmpty)
    }

    @Test(arguments: [Metadata(), Metadata([("a", "b")]), Metadata([("", ""), ("ttlInSeconds", "10"), ("ü", "日本")])])
    func `metadata survive`(_ metadata: Metadata) {
        #expect(MetadataCodec.decode(MetadataCodec.encode(metadata)) == metadata)
    }

    @Test(arguments: [[1], [1, 97], [2, 97, 98, 9], [0x80]] as [[UInt8]])
    func `damaged metadata are noticed`(_ bytes: [UInt8]) {
        #expect(MetadataCodec.decode(bytes) == nil)
    }
}

struct RetentionTests {
    struct Row: Sendable {
        var head: UInt64
        var last: UInt64
        var levels: [Retention.Level]
        var worthwhile: UInt64 = 1
        var step: Retention.Step?
    }

    static let rows: [Row] = [
        Row(head: 0, last: 0, levels: [], step: nil),
        Row(head: 0, last: 1, levels: [.init(topic: 1, settled: .max)], step: nil),
        Row(head: 0, last: 100, levels: [.init(topic: 1, settled: .max)], step: .all(after: 0, through: 50)),
        Row(head: 60, last: 100, levels: [.init(topic: 1, settled: .max)], step: .all(after: 60, through: 99)),
        Row(head: 99, last: 100, levels: [.init(topic: 1, settled: .max)], step: nil),
        Row(
            head: 10, last: 100, levels: [.init(topic: 1, settled: 30), .init(topic: 2, settled: .max)],
            step: .all(after: 10, through: 30)),
        Row(
            head: 30, last: 100, levels: [.init(topic: 1, settled: 30), .init(topic: 2, settled: 90)],
            step: .topic(1, after: 30, through: 90)),
        Row(
            head: 30, last: 100, levels: [.init(topic: 1, settled: 30), .init(topic: 2, settled: 90, swept: 60)],
            step: .topic(1, after: 60, through: 90)),
        Row(
            head: 30, last: 100, levels: [.init(topic: 1, settled: 30), .init(topic: 2, settled: 90)], worthwhile: 61,
            step: nil),
        Row(
            head: 30, last: 9_000, levels: [.init(topic: 1, settled: 30), .init(topic: 2, settled: .max)],
            step: .topic(1, after: 30, through: 4_126)),
        Row(head: 0, last: 9, levels: [], step: nil),
        Row(
            head: 30, last: 100, levels: [.init(topic: 1, settled: 30, reach: 80, swept: 31)],
            step: .topic(0, after: 31, through: 80)),
    ]

    @Test(arguments: rows)
    func `levels lead to this deletion`(_ row: Row) {
        let step = Retention.next(
            head: row.head, last: row.last, levels: row.levels, budget: 50, worthwhile: row.worthwhile)
        #expect(step == row.step)
    }
}
