/// What a time zone does after its last known change: the rule of POSIX `TZ`, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule: Sendable {
    private let standard: Int64
    private let summer: Summer?

    private struct Summer: Sendable {
        let offset: Int64
        let start: Change
        let end: Change
    }

    /// A day of each year and the second of that day, on the clock before the change.
    private struct Change: Sendable {
        let day: Day
        let time: Int64
    }

    private enum Day: Sendable {
        /// Month, week (5 is the last), day of the week.
        case week(month: Int64, week: Int64, day: Int64)
        /// From 1; 29 February is never counted.
        case julian(Int64)
        /// From 0; 29 February counts.
        case zeroBased(Int64)
    }

    /// `nil` for an empty or unreadable rule.
    init?(_ text: ArraySlice<UInt8>) {
        var reader = Reader(rest: text)
        guard reader.name(), let offset = reader.clock() else { return nil }
        standard = -offset
        guard !reader.rest.isEmpty else {
            summer = nil
            return
        }
        guard reader.name() else { return nil }
        let summerOffset = reader.rest.first == 0x2C ? standard + 3_600 : reader.clock().map { -$0 }
        guard let summerOffset, let start = reader.change(), let end = reader.change() else { return nil }
        summer = Summer(offset: summerOffset, start: start, end: end)
    }

    /// Seconds east of UTC at a moment.
    func offset(at seconds: Int64) -> Int64 {
        guard let summer else { return standard }
        let year = CivilDate(days: (seconds + standard).floored(by: 86_400)).year
        let start = Self.moment(summer.start, in: year) - standard
        let end = Self.moment(summer.end, in: year) - summer.offset
        let isSummer = start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end
        return isSummer ? summer.offset : standard
    }

    private static func moment(_ change: Change, in year: Int64) -> Int64 {
        let first = CivilDate.daysBefore(year: year)
        let day: Int64
        switch change.day {
        case .julian(let number): day = first + number - 1 + (number > 59 && CivilDate.isLeap(year) ? 1 : 0)
        case .zeroBased(let number): day = first + number
        case .week(let month, let week, let weekday):
            let start = CivilDate(year: year, month: month, day: 1).days
            let length = CivilDate.days(in: month, of: year)
            var offset = (weekday - CivilDate.dayOfWeek(days: start)).remainderFloored(by: 7) + (week - 1) * 7
            while offset >= length { offset -= 7 }
            day = start + offset
        }
        return day * 86_400 + change.time
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func skip(_ byte: UInt8) -> Bool {
            guard rest.first == byte else { return false }
            rest = rest.dropFirst()
            return true
        }

        /// A name of letters, or of anything in angle brackets.
        mutating func name() -> Bool {
            if skip(0x3C) {
                rest = rest.drop { $0 != 0x3E }
                return skip(0x3E)
            }
            let letters = rest.prefix { ($0 | 0x20) &- 0x61 < 26 }
            rest = rest.dropFirst(letters.count)
            return !letters.isEmpty
        }

        mutating func number() -> Int64? {
            let digits = rest.prefix { $0 &- 0x30 < 10 }
            guard (1...3).contains(digits.count) else { return nil }
            rest = rest.dropFirst(digits.count)
            return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func clock() -> Int64? {
            let isNegative = skip(0x2D)
            if !isNegative { _ = skip(0x2B) }
            guard var seconds = number() else { return nil }
            seconds *= 3_600
            for unit: Int64 in [60, 1] where skip(0x3A) {
                guard let part = number() else { return nil }
                seconds += part * unit
            }
            return isNegative ? -seconds : seconds
        }

        mutating func change() -> Change? {
            guard skip(0x2C), let day = day() else { return nil }
            guard skip(0x2F) else { return Change(day: day, time: 7_200) }
            return clock().map { Change(day: day, time: $0) }
        }

        private mutating func day() -> Day? {
            if skip(0x4D) {
                guard let month = number(), skip(0x2E), let week = number(), skip(0x2E), let day = number(),
                    (1...12).contains(month), (1...5).contains(week), (0...6).contains(day)
                else { return nil }
                return .week(month: month, week: week, day: day)
            }
            if skip(0x4A) { return number().map { .julian($0) } }
            return number().map { .zeroBased($0) }
        }
    }
}
