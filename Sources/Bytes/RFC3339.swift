/// Moments in the notation of RFC 3339, read as Go's `time.Parse(time.RFC3339, …)` reads them.
package enum RFC3339 {
    /// The longest text that `RFC3339Clock` writes: `2006-01-02T15:04:05+07:00`.
    package static let longestLength = 25

    /// Nanoseconds since 1970 of a text, saturating outside of the years 1678 to 2262; `nil` for what Go refuses.
    ///
    /// As Go: `T` and `Z` are capitals, a zone is required, a fraction may follow `.` or `,` with any number of digits (nine count), and the
    /// hour may have one digit.
    package static func parse(_ text: RawSpan) -> Int64? {
        var reader = FieldReader(text)
        guard let year = reader.number(digits: 4), reader.take(0x2D),
            let month = reader.number(digits: 2), (1...12).contains(month), reader.take(0x2D),
            let day = reader.number(digits: 2), day >= 1, day <= CivilDate.days(in: month, of: year), reader.take(0x54),
            let hour = reader.hour(), hour < 24, reader.take(0x3A),
            let minute = reader.number(digits: 2), minute < 60, reader.take(0x3A),
            let second = reader.number(digits: 2), second < 60,
            let nanoseconds = reader.fraction(), let offset = reader.zone(), reader.isAtEnd
        else { return nil }
        let days = CivilDate.daysSince1970(year: year, month: month, day: day)
        let seconds = Int64(((days * 24 + hour) * 60 + minute) * 60 + second - offset)
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carry) = scaled.addingReportingOverflow(Int64(nanoseconds))
        return carry ? .max : sum
    }
}

/// Reads fixed fields of digits one after the other.
private struct FieldReader: ~Escapable {
    let text: RawSpan
    var offset = 0

    @_lifetime(copy text)
    init(_ text: RawSpan) { self.text = text }

    var isAtEnd: Bool { offset == text.byteCount }

    func isDigit(_ index: Int) -> Bool { index < text.byteCount && ASCII.isDigit(text[index]) }

    mutating func take(_ byte: UInt8) -> Bool {
        guard offset < text.byteCount, text[offset] == byte else { return false }
        offset += 1
        return true
    }

    mutating func number(digits: Int) -> Int? {
        var number = 0
        for index in offset..<offset + digits {
            guard isDigit(index) else { return nil }
            number = number * 10 + Int(text[index] &- 0x30)
        }
        offset += digits
        return number
    }

    mutating func hour() -> Int? { isDigit(offset + 1) ? number(digits: 2) : number(digits: 1) }

    mutating func fraction() -> Int? {
        guard offset < text.byteCount, text[offset] == 0x2E || text[offset] == 0x2C, isDigit(offset + 1) else {
            return 0
        }
        offset += 1
        var nanoseconds = 0
        var unit = 100_000_000
        while isDigit(offset) {
            nanoseconds += Int(text[offset] &- 0x30) * unit
            unit /= 10
            offset += 1
        }
        return nanoseconds
    }

    /// The zone's offset from UTC in seconds.
    mutating func zone() -> Int? {
        if take(0x5A) { return 0 }
        let isWest = take(0x2D)
        guard isWest || take(0x2B), let hours = number(digits: 2), hours <= 24, take(0x3A),
            let minutes = number(digits: 2), minutes <= 60
        else { return nil }
        let seconds = (hours * 60 + minutes) * 60
        return isWest ? -seconds : seconds
    }
}

/// The proleptic Gregorian calendar in whole days.
package enum CivilDate {
    /// How many days a month (1 to 12) has.
    package static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to a date; negative before it.
    package static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        // Years that begin in March put the leap day last; eras of 400 years all have 146,097 days.
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The date that lies that many days after 1970-01-01.
    package static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let index = (5 * dayOfYear + 2) / 153
        let month = index + (index < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * index + 2) / 5 + 1)
    }
}
