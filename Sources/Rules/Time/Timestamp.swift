/// A moment between the years 1 and 9999, and the offset in which it was written (only `string(t)` shows that).
struct Timestamp: Sendable {
    /// Since 1970-01-01T00:00:00Z.
    let seconds: Int64
    /// 0 to 999,999,999, counted forward from `seconds`.
    let nanoseconds: Int64
    /// Seconds east of UTC.
    let offset: Int64

    private static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    init(seconds: Int64, nanoseconds: Int64 = 0, offset: Int64 = 0) throws(Failure) {
        guard Self.range.contains(seconds) else { throw .timestampOverflow }
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.offset = offset
    }

    func isSameInstant(as other: Timestamp) -> Bool {
        seconds == other.seconds && nanoseconds == other.nanoseconds
    }

    func order(to other: Timestamp) -> Order {
        seconds == other.seconds ? Order(nanoseconds, other.nanoseconds) : Order(seconds, other.seconds)
    }

    /// The moment that many nanoseconds later.
    func adding(_ duration: Int64) throws(Failure) -> Timestamp {
        var total = nanoseconds + duration % 1_000_000_000
        var carry = duration / 1_000_000_000
        if total < 0 {
            total += 1_000_000_000
            carry -= 1
        } else if total >= 1_000_000_000 {
            total -= 1_000_000_000
            carry += 1
        }
        return try Timestamp(seconds: try seconds.adding(carry), nanoseconds: total, offset: offset)
    }

    /// The nanoseconds from the other moment to this one; more than 292 years do not fit.
    func subtracting(_ other: Timestamp) throws(Failure) -> Int64 {
        let whole = try (seconds - other.seconds).multiplied(by: 1_000_000_000)
        return try whole.adding(nanoseconds - other.nanoseconds)
    }
}

// MARK: Text

extension Timestamp {
    /// Reads RFC 3339 as Go does: a fraction of any length after a point or a comma (nanoseconds count), one digit is enough for the hour,
    /// `Z` or an offset, no leap second.
    init(_ text: String) throws(Failure) {
        guard let (seconds, nanoseconds, offset) = Self.parse(text) else {
            throw .conversion(from: .string, to: .timestamp)
        }
        try self.init(seconds: seconds, nanoseconds: nanoseconds, offset: offset)
    }

    private static func parse(_ text: String) -> (seconds: Int64, nanoseconds: Int64, offset: Int64)? {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.skip(0x2D), let month = reader.number(2), reader.skip(0x2D),
            let day = reader.number(2), reader.skip(0x54),
            let hour = reader.number(2) ?? reader.number(1), reader.skip(0x3A),
            let minute = reader.number(2), reader.skip(0x3A), let second = reader.number(2),
            (1...12).contains(month), day >= 1, day <= CivilDate.days(in: month, of: year),
            hour < 24, minute < 60, second < 60, let nanoseconds = reader.fraction(), let offset = reader.offset()
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).days
        return (days * 86_400 + hour * 3_600 + minute * 60 + second - offset, nanoseconds, offset)
    }

    /// RFC 3339 in the offset of the text it came from, with as many decimals as are needed.
    var text: String {
        let local = LocalTime(seconds: seconds, offset: offset)
        var result = Self.padded(local.date.year, 4) + "-" + Self.padded(local.date.month, 2) + "-"
        result += Self.padded(local.date.day, 2) + "T" + Self.padded(local.hour, 2) + ":"
        result += Self.padded(local.minute, 2) + ":" + Self.padded(local.second, 2)
        if nanoseconds > 0 {
            var digits = Self.padded(nanoseconds, 9)
            while digits.last == "0" { digits.removeLast() }
            result += "." + digits
        }
        guard offset != 0 else { return result + "Z" }
        let minutes = abs(offset) / 60
        return result + (offset < 0 ? "-" : "+") + Self.padded(minutes / 60, 2) + ":" + Self.padded(minutes % 60, 2)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

/// Reads the parts of a timestamp from left to right.
private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = text[...].utf8
    }

    /// Exactly that many digits; nothing is taken when there are fewer.
    mutating func number(_ count: Int) -> Int64? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
        rest = rest.dropFirst(count)
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// The nanoseconds after a point or comma; 0 where there is no fraction, `nil` where no digit follows.
    mutating func fraction() -> Int64? {
        guard rest.first == 0x2E || rest.first == 0x2C else { return 0 }
        rest = rest.dropFirst()
        let digits = rest.prefix { $0 &- 0x30 < 10 }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        var value: Int64 = 0
        var width = 0
        for digit in digits.prefix(9) {
            value = value * 10 + Int64(digit - 0x30)
            width += 1
        }
        for _ in width..<9 { value *= 10 }
        return value
    }

    /// The seconds east of UTC at the very end.
    mutating func offset() -> Int64? {
        if skip(0x5A) { return rest.isEmpty ? 0 : nil }
        let isWest = rest.first == 0x2D
        guard isWest || rest.first == 0x2B else { return nil }
        rest = rest.dropFirst()
        guard let hours = number(2), skip(0x3A), let minutes = number(2), rest.isEmpty, hours <= 24, minutes <= 60
        else { return nil }
        let seconds = hours * 3_600 + minutes * 60
        return isWest ? -seconds : seconds
    }
}
