/// The changes of a time zone, from a file of the time zone database (RFC 9636, TZif; the 64-bit block of version 2 and later).
struct ZoneFile: Sendable {
    private var changes: [(at: Int64, offset: Int64)] = []
    private let first: Int64
    private let rule: ZoneRule?

    /// `nil` for anything that is no such file.
    init?(_ bytes: [UInt8]) {
        guard let old = Header(bytes, at: 0), old.version >= 0x32,
            let header = Header(bytes, at: old.end(timeSize: 4)), header.typeCount > 0
        else { return nil }
        let base = header.start + Header.size
        let indexes = base + header.timeCount * 8
        let types = indexes + header.timeCount
        let end = header.end(timeSize: 8)
        guard end <= bytes.count else { return nil }
        func offset(_ type: Int) -> Int64 {
            Int64(Int32(truncatingIfNeeded: bytes.bigEndian(at: types + type * 6, count: 4)))
        }
        first = offset(0)
        for index in 0..<header.timeCount {
            let type = Int(bytes[indexes + index])
            guard type < header.typeCount else { return nil }
            changes.append((bytes.bigEndian(at: base + index * 8, count: 8), offset(type)))
        }
        rule = ZoneRule(bytes[end...].dropFirst().prefix { $0 != 0x0A })
    }

    /// Seconds east of UTC at a moment.
    func offset(at seconds: Int64) -> Int64 {
        guard let last = changes.last else { return rule?.offset(at: seconds) ?? first }
        if seconds >= last.at { return rule?.offset(at: seconds) ?? last.offset }
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? first : changes[low - 1].offset
    }

    /// The head of one of the two blocks.
    private struct Header {
        static let size = 44
        let start: Int
        let version: UInt8
        let timeCount: Int
        let typeCount: Int
        private let rest: Int

        init?(_ bytes: [UInt8], at start: Int) {
            guard start >= 0, start + Self.size <= bytes.count, bytes[start..<start + 4].elementsEqual("TZif".utf8)
            else { return nil }
            let counts = (0..<6).map { Int(bytes.bigEndian(at: start + 20 + $0 * 4, count: 4)) }
            // utc/local and standard/wall marks, leap seconds, changes, types, characters; no file has more than a few thousand of any.
            guard counts.allSatisfy({ $0 <= RuleLimits.zoneFileSize }) else { return nil }
            self.start = start
            version = bytes[start + 4]
            timeCount = counts[3]
            typeCount = counts[4]
            rest = counts[0] + counts[1] + counts[5] + counts[4] * 6
            leapCount = counts[2]
        }

        private let leapCount: Int

        func end(timeSize: Int) -> Int {
            start + Self.size + timeCount * (timeSize + 1) + rest + leapCount * (timeSize + 4)
        }
    }
}

extension [UInt8] {
    fileprivate func bigEndian(at start: Int, count: Int) -> Int64 {
        self[start..<start + count].reduce(0) { $0 << 8 | Int64($1) }
    }
}
