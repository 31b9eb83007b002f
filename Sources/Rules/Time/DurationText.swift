/// Durations as text, as Go writes and reads them.
enum DurationText {
    /// Seconds with as many decimals as needed: `90s`, `1.5s`.
    static func text(_ nanoseconds: Int64) -> String {
        let seconds = Double(nanoseconds / 1_000_000_000) + Double(nanoseconds % 1_000_000_000) / 1e9
        return DoubleText.plainText(seconds) + "s"
    }

    /// Reads `1h30m`, `1.5h`, `-2s`, `300ms`; the units are ns, us (µs, μs), ms, s, m, h; `0` needs none.
    ///
    /// - Returns: Nanoseconds; `nil` for anything else and for more than 292 years.
    static func nanoseconds(_ text: String) -> Int64? {
        var rest = Array(text.utf8)[...]
        let isNegative = rest.first == 0x2D
        if isNegative || rest.first == 0x2B { rest = rest.dropFirst() }
        if rest.elementsEqual([0x30]) { return 0 }
        guard !rest.isEmpty else { return nil }
        var total: UInt64 = 0
        while !rest.isEmpty {
            guard let part = part(&rest) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow, sum <= 1 << 63 else { return nil }
            total = sum
        }
        if isNegative { return Int64(exactly: total).map { -$0 } ?? .min }
        return Int64(exactly: total)
    }

    private static let limit: UInt64 = 1 << 63

    /// One number and its unit.
    private static func part(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        let whole = rest.prefix { $0 &- 0x30 < 10 }
        rest = rest.dropFirst(whole.count)
        var decimals: ArraySlice<UInt8> = []
        if rest.first == 0x2E {
            rest = rest.dropFirst()
            decimals = rest.prefix { $0 &- 0x30 < 10 }
            rest = rest.dropFirst(decimals.count)
        }
        guard !whole.isEmpty || !decimals.isEmpty else { return nil }
        let name = rest.prefix { $0 != 0x2E && $0 &- 0x30 >= 10 }
        rest = rest.dropFirst(name.count)
        guard let unit = unit(name), let number = number(whole) else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow, value <= limit else { return nil }
        let result = value + fraction(decimals, of: unit)
        return result <= limit ? result : nil
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            guard value <= limit / 10 else { return nil }
            value = value * 10 + UInt64(digit - 0x30)
        }
        return value <= limit ? value : nil
    }

    /// What the digits behind the point are worth; digits too small to matter are dropped.
    private static func fraction(_ digits: ArraySlice<UInt8>, of unit: UInt64) -> UInt64 {
        var value = 0.0
        var scale = 1.0
        for digit in digits.prefix(18) {
            value = value * 10 + Double(digit - 0x30)
            scale *= 10
        }
        return UInt64(value * (Double(unit) / scale))
    }

    private static func unit(_ name: ArraySlice<UInt8>) -> UInt64? {
        switch String(decoding: name, as: UTF8.self) {
        case "ns": 1
        case "us", "\u{B5}s", "\u{3BC}s": 1_000
        case "ms": 1_000_000
        case "s": 1_000_000_000
        case "m": 60_000_000_000
        case "h": 3_600_000_000_000
        default: nil
        }
    }
}
