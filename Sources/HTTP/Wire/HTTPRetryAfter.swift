internal import Bytes

/// The `Retry-After` field: seconds, or the date from which on to come again (RFC 9110, 10.2.3).
package enum HTTPRetryAfter {
    /// How long to wait; nil for what is neither. A date that has passed is no wait.
    /// - Parameter wallClock: nanoseconds since 1970.
    package static func wait(_ value: RawSpan, wallClock: Int64) -> Duration? {
        if let seconds = seconds(value) { return .seconds(seconds) }
        guard let moment = HTTPDate.parse(value) else { return nil }
        let now = wallClock.quotientFlooring(1_000_000_000)
        return .seconds(max(Int64(moment) - now, 0))
    }

    private static func seconds(_ value: RawSpan) -> Int64? {
        guard value.byteCount > 0 else { return nil }
        var seconds: Int64 = 0
        for index in 0..<value.byteCount {
            guard ASCII.isDigit(value[index]) else { return nil }
            // Far beyond what anybody waits for; the rest only has to be digits.
            if seconds < 1_000_000_000 { seconds = seconds * 10 + Int64(value[index] &- 0x30) }
        }
        return seconds
    }
}

/// Dates of HTTP in their three forms (RFC 9110, 5.6.7), the two old ones included, as a recipient has to read them.
package enum HTTPDate {
    private static let months = Array("janfebmaraprmayjunjulaugsepoctnovdec".utf8)

    /// Seconds since 1970; nil for what is none of the forms. The name of the day is not checked against the date.
    package static func parse(_ text: RawSpan) -> Int? {
        var words = words(of: text)
        guard words.count > 1, words[0].first.map({ !ASCII.isDigit($0) }) == true else { return nil }
        let isOldest = words[0].last != 0x2C
        words.removeFirst()
        if isOldest {
            // Sun Nov  6 08:49:37 1994
            guard words.count == 4, let time = time(words[2]) else { return nil }
            return seconds(day: number(words[1]), month: month(words[0]), year: number(words[3]), time)
        }
        if words.count == 3 {
            // Sunday, 06-Nov-94 08:49:37 GMT
            let date = words[0].split(separator: 0x2D)
            guard date.count == 3, words[2] == gmt, let time = time(words[1]), let short = number(date[2]) else {
                return nil
            }
            // A year of two digits that would lie far ahead is of the last century.
            let year = short < 100 ? (short < 70 ? 2000 + short : 1900 + short) : short
            return seconds(day: number(date[0]), month: month(date[1]), year: year, time)
        }
        // Sun, 06 Nov 1994 08:49:37 GMT
        guard words.count == 5, words[4] == gmt, let time = time(words[3]) else { return nil }
        return seconds(day: number(words[0]), month: month(words[1]), year: number(words[2]), time)
    }

    private static let gmt = ArraySlice("gmt".utf8)

    /// The words in lower case; more than a date has are cut off.
    private static func words(of text: RawSpan) -> [ArraySlice<UInt8>] {
        var lowered: [UInt8] = []
        for index in 0..<min(text.byteCount, 64) { lowered.append(ASCII.lowercased(text[index])) }
        return lowered.split(separator: 0x20)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...4).contains(digits.count), digits.allSatisfy(ASCII.isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 &- 0x30) }
    }

    private static func month(_ name: ArraySlice<UInt8>) -> Int? {
        guard name.count == 3 else { return nil }
        return (0..<12).first { months[$0 * 3..<$0 * 3 + 3].elementsEqual(name) }.map { $0 + 1 }
    }

    /// Seconds since midnight.
    private static func time(_ text: ArraySlice<UInt8>) -> Int? {
        let parts = text.split(separator: 0x3A, omittingEmptySubsequences: false)
        guard parts.count == 3, let hour = number(parts[0]), let minute = number(parts[1]),
            let second = number(parts[2]), hour < 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private static func seconds(day: Int?, month: Int?, year: Int?, _ time: Int) -> Int? {
        guard let day, let month, let year, day >= 1, day <= CivilDate.days(in: month, of: year) else { return nil }
        return CivilDate.daysSince1970(year: year, month: month, day: day) * 86_400 + time
    }
}
