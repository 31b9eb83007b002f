/// A day of the Gregorian calendar, extended to all years.
struct CivilDate: Equatable {
    let year: Int64
    let month: Int64
    let day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    private static let daysBeforeMonth: [Int64] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]

    static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to the first day of a year.
    static func daysBefore(year: Int64) -> Int64 {
        let past = year - 1
        return past * 365 + past.floored(by: 4) - past.floored(by: 100) + past.floored(by: 400) - 719_162
    }

    /// Days since 1970-01-01.
    var days: Int64 {
        Self.daysBefore(year: year) + dayOfYear
    }

    /// The day from 1970-01-01 on.
    init(days: Int64) {
        // The guess is at most one year off, as a year is never longer than 366 days in the long run.
        var year = 1970 + (days * 400).floored(by: 146_097)
        while Self.daysBefore(year: year) > days { year -= 1 }
        while Self.daysBefore(year: year + 1) <= days { year += 1 }
        var rest = days - Self.daysBefore(year: year)
        var month: Int64 = 1
        while rest >= Self.days(in: month, of: year) {
            rest -= Self.days(in: month, of: year)
            month += 1
        }
        self.init(year: year, month: month, day: rest + 1)
    }

    /// From 0.
    var dayOfYear: Int64 {
        Self.daysBeforeMonth[Int(month) - 1] + (month > 2 && Self.isLeap(year) ? 1 : 0) + day - 1
    }

    /// 0 is Sunday.
    var dayOfWeek: Int64 { Self.dayOfWeek(days: days) }

    static func dayOfWeek(days: Int64) -> Int64 {
        (days + 4).remainderFloored(by: 7)
    }
}

/// The wall clock somewhere.
struct LocalTime {
    let date: CivilDate
    let hour: Int64
    let minute: Int64
    let second: Int64

    /// - Parameter offset: Seconds east of UTC.
    init(seconds: Int64, offset: Int64) {
        let local = seconds + offset
        date = CivilDate(days: local.floored(by: 86_400))
        let rest = local.remainderFloored(by: 86_400)
        hour = rest / 3_600
        minute = rest % 3_600 / 60
        second = rest % 60
    }
}

/// Division that rounds down, also below zero.
extension Int64 {
    func floored(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }

    func remainderFloored(by divisor: Int64) -> Int64 {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
