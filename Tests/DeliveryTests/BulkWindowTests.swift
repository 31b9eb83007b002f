import Delivery
import Messaging
import Testing

@Suite struct BulkWindowTests {
    /// What a script does, one word a fact: `3/a` adds event 3 for route a (`3/a+9` with 9 bytes, `3/a!` urgently), `@50` moves the clock to
    /// 50 ms, `?` asks for all batches, `end` is an answer, `flush`, `forget`.
    private static func run(_ script: String, _ limits: BulkWindow.Limits) -> [String] {
        var window = BulkWindow(limits)
        var now = Instant(nanoseconds: 0)
        var said: [String] = []
        for word in script.split(separator: " ") {
            switch word {
            case "?":
                while let batch = window.next(at: now) {
                    let events = batch.slots.map { "\($0.token & 0xFFFF_FFFF)" }.joined(separator: ",")
                    said.append(String(decoding: batch.target, as: UTF8.self) + events)
                }
            case "end": window.callEnded()
            case "flush": window.flush()
            case "forget": window.removeAll()
            case "wake": said.append(window.wakeAt.map { "wake \($0.nanoseconds / 1_000_000)" } ?? "no wake")
            case _ where word.hasPrefix("@"):
                now = Instant(nanoseconds: (UInt64(word.dropFirst()) ?? 0) * 1_000_000)
            default:
                let parts = word.split(whereSeparator: { "/+!".contains($0) })
                let token = UInt64(parts[0]) ?? 0
                window.add(
                    LaneEngine.Slot(token: token | 1 << 32), target: Array(parts[1].utf8),
                    size: parts.count > 2 ? Int(parts[2]) ?? 1 : 1, at: now, isUrgent: word.hasSuffix("!"))
            }
        }
        return said
    }

    static let scripts: [(String, [String])] = [
        // Count.
        ("1/a 2/a ? 3/a ?", ["a1,2,3"]), ("1/a 2/a 3/a 4/a ? wake", ["a1,2,3", "wake 100"]),
        ("1/a 2/a 3/a 4/a 5/a 6/a 7/a ?", ["a1,2,3", "a4,5,6"]),
        // Time, from the first event of the window on.
        ("@10 1/a @20 2/a wake @109 ? @110 ?", ["wake 110", "a1,2"]),
        ("1/a 2/a 3/a @50 4/a ? @100 ? wake @150 ?", ["a1,2,3", "wake 150", "a4"]),
        ("wake", ["no wake"]),
        // Routes: one window, one batch for each, in the order of their first events.
        ("1/a 2/b 3/a ?", ["a1,3", "b2"]), ("1/b 2/a ? @100 ?", ["b1", "a2"]),
        // Bytes.
        ("1/a+60 ? 2/a+60 ?", ["a1"]), ("1/a+60 2/a+60 ? @100 ?", ["a1", "a2"]), ("1/a+500 ?", ["a1"]),
        // Waited enough already.
        ("1/a 2/a! ? wake @1 3/a! ?", ["wake 1", "a1,2,3"]), ("1/a! @1 ? @2 2/a ? wake", ["a1", "wake 102"]),
        ("1/a 2/a! 3/a! 4/a ? wake", ["a1,2,3", "wake 100"]),
        // No more batches at the app than allowed; what waits meanwhile goes in full ones.
        ("1/a 2/b 3/c ? @500 4/a 5/a @700 ? wake end ? end ? wake", ["a1", "b2", "no wake", "c3", "a4,5", "no wake"]),
        // The end.
        ("1/a flush ? 2/a ?", ["a1", "a2"]), ("1/a forget @200 ? wake", ["no wake"]),
    ]

    @Test(arguments: scripts)
    func `batches go when they are full, due or urgent`(_ script: String, _ expected: [String]) {
        let limits = BulkWindow.Limits(count: 3, wait: .milliseconds(100), bytes: 100, calls: 2)
        #expect(BulkWindowTests.run(script, limits) == expected)
    }

    @Test func `no event is in two batches and none stays behind, whatever comes`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var window = BulkWindow(.init(count: .random(in: 1...5), wait: .milliseconds(7), bytes: 40, calls: 2))
            var now = Instant(nanoseconds: 0)
            var next: UInt64 = 1
            var sent: [UInt64] = []
            for _ in 0..<100 {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: now = now + .milliseconds(3)
                case 1 where window.calls > 0: window.callEnded()
                default:
                    let target = [UInt8.random(in: 0x61...0x63, using: &random)]
                    let size = Int.random(in: 0..<50, using: &random)
                    window.add(.init(token: next), target: target, size: size, at: now)
                    next += 1
                }
                while let batch = window.next(at: now) { sent += batch.slots.map(\.token) }
                #expect(window.calls <= 2)
            }
            window.flush()
            while window.count > 0 || window.calls > 0 {
                while let batch = window.next(at: now) { sent += batch.slots.map(\.token) }
                window.callEnded()
            }
            #expect(sent.sorted() == Array(1..<next))
        }
    }
}
