/// Durations in Go's notation, such as `1m30s`, `100ms`, `1.5h`, `-2s`, `0`.
package enum GoDuration {
    /// Nanoseconds of a text as Go's `time.ParseDuration` reads it; `nil` for what it refuses, also beyond 292 years.
    package static func nanoseconds(_ text: RawSpan) -> Int64? {
        var offset = 0
        var isNegative = false
        if text.byteCount > 0, text[0] == 0x2D || text[0] == 0x2B {
            isNegative = text[0] == 0x2D
            offset = 1
        }
        if text.byteCount - offset == 1, text[offset] == 0x30 { return 0 }
        guard offset < text.byteCount else { return nil }
        // The magnitude of Int64.min is one more than that of Int64.max.
        let limit = UInt64(Int64.max) + 1
        var total: UInt64 = 0
        while offset < text.byteCount {
            guard let part = part(text, &offset) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow, sum <= limit else { return nil }
            total = sum
        }
        if isNegative { return total == limit ? .min : -Int64(total) }
        return total == limit ? nil : Int64(total)
    }

    /// Number, fraction and unit at an offset, which moves behind them.
    private static func part(_ text: RawSpan, _ offset: inout Int) -> UInt64? {
        let start = offset
        var whole: UInt64 = 0
        while offset < text.byteCount, ASCII.isDigit(text[offset]) {
            let (scaled, overflow) = whole.multipliedReportingOverflow(by: 10)
            guard !overflow, scaled <= UInt64(Int64.max) + 1 else { return nil }
            whole = scaled + UInt64(text[offset] &- 0x30)
            guard whole <= UInt64(Int64.max) + 1 else { return nil }
            offset += 1
        }
        var digits = offset - start
        var fraction: UInt64 = 0
        var scale = 1.0
        if offset < text.byteCount, text[offset] == 0x2E {
            offset += 1
            while offset < text.byteCount, ASCII.isDigit(text[offset]) {
                digits += 1
                // Digits beyond what 63 bits hold do not count, as in Go.
                if fraction <= (UInt64(Int64.max) - 9) / 10 {
                    fraction = fraction * 10 + UInt64(text[offset] &- 0x30)
                    scale *= 10
                }
                offset += 1
            }
        }
        guard digits > 0, let unit = unit(text, &offset) else { return nil }
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow, scaled <= UInt64(Int64.max) + 1 else { return nil }
        let sum = scaled + UInt64(Double(fraction) * (Double(unit) / scale))
        return sum <= UInt64(Int64.max) + 1 ? sum : nil
    }

    private static func unit(_ text: RawSpan, _ offset: inout Int) -> UInt64? {
        let start = offset
        while offset < text.byteCount, text[offset] != 0x2E, !ASCII.isDigit(text[offset]) { offset += 1 }
        let name = text.extracting(start..<offset)
        if name.equals("s") { return 1_000_000_000 }
        if name.equals("ms") { return 1_000_000 }
        if name.equals("m") { return 60_000_000_000 }
        if name.equals("h") { return 3_600_000_000_000 }
        if name.equals("us") || name.equals("\u{B5}s") || name.equals("\u{3BC}s") { return 1000 }
        return name.equals("ns") ? 1 : nil
    }

    /// Nanoseconds of a text as Go's `time.ParseDuration` reads it; `nil` for what it refuses.
    package static func nanoseconds(_ text: String) -> Int64? { text.withRawSpan { nanoseconds($0) } }

    /// The duration that a text spells; `nil` for what Go refuses.
    package static func parse(_ text: String) -> Duration? {
        nanoseconds(text).map { Duration.nanoseconds($0) }
    }

    /// The text that Go's `Duration.String` gives: `1m30s`, `1.5s`, `100ms`, `0s`. Beyond 292 years it saturates.
    package static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return format(nanoseconds: overflow || carry ? (seconds < 0 ? .min : .max) : sum)
    }

    /// The text that Go's `Duration.String` gives.
    package static func format(nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        if magnitude == 0 { return "0s" }
        if magnitude < 1000 { return "\(sign)\(magnitude)ns" }
        if magnitude < 1_000_000 { return sign + decimal(magnitude, digits: 3) + "\u{B5}s" }
        if magnitude < 1_000_000_000 { return sign + decimal(magnitude, digits: 6) + "ms" }
        let seconds = magnitude / 1_000_000_000
        let rest = decimal(seconds % 60 * 1_000_000_000 + magnitude % 1_000_000_000, digits: 9) + "s"
        if seconds < 60 { return sign + rest }
        if seconds < 3600 { return "\(sign)\(seconds / 60)m\(rest)" }
        return "\(sign)\(seconds / 3600)h\(seconds / 60 % 60)m\(rest)"
    }

    /// A number of units of 10^-digits without zeros at the end.
    private static func decimal(_ number: UInt64, digits: Int) -> String {
        var unit: UInt64 = 1
        for _ in 0..<digits { unit *= 10 }
        var fraction = number % unit
        var text = String(number / unit)
        guard fraction != 0 else { return text }
        text += "."
        while fraction != 0 {
            unit /= 10
            text += String(fraction / unit)
            fraction %= unit
        }
        return text
    }
}
