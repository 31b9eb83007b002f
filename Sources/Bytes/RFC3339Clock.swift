internal import Glibc

/// Writes moments to the second in the notation of RFC 3339 and remembers the text of the last second. One belongs to one shard.
///
/// Years outside of 0 to 9999 are written as the nearest of these.
package final class RFC3339Clock {
    /// Where the wall clock hangs.
    package enum Zone: Sendable {
        /// `Z`.
        case utc
        /// The zone of the process (`TZ`, `/etc/localtime`), as `+05:30`, or `Z` where its offset is zero at that moment.
        case local
    }

    private let zone: Zone
    private var second = Int64.min
    private var text: [UInt8] = []

    /// Makes a clock for a zone.
    package init(_ zone: Zone) {
        self.zone = zone
        if case .local = zone { tzset() }
    }

    /// The text of the second in which a moment lies; the moment is in nanoseconds since 1970.
    package func text(at nanoseconds: Int64) -> [UInt8] {
        let second = nanoseconds.quotientFlooring(1_000_000_000)
        if second != self.second {
            text = format(second)
            self.second = second
        }
        return text
    }

    private func format(_ second: Int64) -> [UInt8] {
        let offset = offset(at: second)
        let earliest: Int64 = -62_167_219_200
        let latest: Int64 = 253_402_300_799
        let shown = min(max(second + Int64(offset), earliest), latest)
        let (year, month, day) = CivilDate.date(daysSince1970: Int(shown.quotientFlooring(86_400)))
        let time = Int(shown - shown.quotientFlooring(86_400) * 86_400)
        return [UInt8](capacity: RFC3339.longestLength) { writer in
            writer.write(twoDigits: year / 100)
            writer.write(twoDigits: year % 100)
            writer.write(0x2D)
            writer.write(twoDigits: month)
            writer.write(0x2D)
            writer.write(twoDigits: day)
            writer.write(0x54)
            writer.write(twoDigits: time / 3600)
            writer.write(0x3A)
            writer.write(twoDigits: time / 60 % 60)
            writer.write(0x3A)
            writer.write(twoDigits: time % 60)
            if offset == 0 {
                writer.write(0x5A)
            } else {
                writer.write(offset < 0 ? 0x2D : 0x2B)
                writer.write(twoDigits: abs(offset) / 3600)
                writer.write(0x3A)
                writer.write(twoDigits: abs(offset) / 60 % 60)
            }
        }
    }

    /// Seconds east of UTC.
    private func offset(at second: Int64) -> Int {
        guard case .local = zone else { return 0 }
        var moment = time_t(second)
        var fields = unsafe tm()
        // A moment that the C library cannot show has no local form; UTC is always right.
        guard unsafe localtime_r(&moment, &fields) != nil else { return 0 }
        return unsafe fields.tm_gmtoff
    }
}

extension Int64 {
    /// The quotient rounded towards negative infinity, for a positive divisor.
    package func quotientFlooring(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension ByteWriter {
    /// Writes a number below 100 in two digits.
    mutating func write(twoDigits number: Int) {
        write(UInt8(truncatingIfNeeded: number / 10 + 0x30))
        write(UInt8(truncatingIfNeeded: number % 10 + 0x30))
    }
}
