internal import Bytes

/// The `Date` field of responses, made anew once a second (RFC 9110, 6.6.1).
package struct HTTPDateField {
    private(set) var line: [UInt8] = []
    private var validUntil: UInt64 = 0

    /// The line for this moment: monotonic nanoseconds tell whether it is still good, the wall clock makes the next one.
    mutating func refresh(now: UInt64, wallClock: @autoclosure () -> Int64) {
        guard now >= validUntil else { return }
        let wall = wallClock()
        let seconds = Int(wall.quotientFlooring(1_000_000_000))
        line = HTTPDateField.format(seconds: seconds)
        validUntil = now + UInt64(clamping: (Int64(seconds) + 1) * 1_000_000_000 - wall)
    }

    /// `Date: Sun, 06 Nov 1994 08:49:37 GMT CR LF` for seconds since 1970.
    package static func format(seconds: Int) -> [UInt8] {
        let days = Int(Int64(seconds).quotientFlooring(86_400))
        let second = seconds - days * 86_400
        let (year, month, day) = CivilDate.date(daysSince1970: days)
        // The first of January 1970 was a Thursday.
        let weekday = Int((Int64(days) + 4) - (Int64(days) + 4).quotientFlooring(7) * 7)
        var line: [UInt8] = []
        line.reserveCapacity(40)
        line.append(utf8: "Date: ")
        appendName(weekday, of: "SunMonTueWedThuFriSat", to: &line)
        line.append(utf8: ", ")
        append(day, to: &line)
        line.append(0x20)
        appendName(month - 1, of: "JanFebMarAprMayJunJulAugSepOctNovDec", to: &line)
        line.append(0x20)
        line.appendDecimal(year)
        line.append(0x20)
        append(second / 3600, to: &line)
        line.append(0x3A)
        append(second / 60 % 60, to: &line)
        line.append(0x3A)
        append(second % 60, to: &line)
        line.append(utf8: " GMT\r\n")
        return line
    }

    private static func append(_ number: Int, to line: inout [UInt8]) {
        line.append(UInt8(truncatingIfNeeded: number / 10 % 10 + 0x30))
        line.append(UInt8(truncatingIfNeeded: number % 10 + 0x30))
    }

    private static func appendName(_ index: Int, of names: String, to line: inout [UInt8]) {
        line.append(contentsOf: names.utf8.dropFirst(index * 3).prefix(3))
    }
}
