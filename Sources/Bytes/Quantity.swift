/// Sizes in bytes in Kubernetes' notation: `4Mi`, `1G`, `1.5Ki`, `1e3`, `4096`.
package enum Quantity {
    /// The number of bytes, fractions rounded up; `nil` for other texts, negative sizes and what does not fit.
    package static func parse(_ text: String) -> Int? { text.withRawSpan(parse) }

    private static func parse(_ bytes: RawSpan) -> Int? {
        var offset = bytes.byteCount > 0 && bytes[0] == 0x2B ? 1 : 0
        var mantissa = 0
        var decimals = 0
        var digits = 0
        var isFraction = false
        while offset < bytes.byteCount {
            let byte = bytes[offset]
            if byte == 0x2E, !isFraction {
                isFraction = true
            } else if ASCII.isDigit(byte) {
                let (scaled, overflow) = mantissa.multipliedReportingOverflow(by: 10)
                let (sum, carry) = scaled.addingReportingOverflow(Int(byte &- 0x30))
                if overflow || carry { return nil }
                mantissa = sum
                digits += 1
                if isFraction { decimals += 1 }
            } else {
                break
            }
            offset += 1
        }
        guard digits > 0, let (factor, exponent) = suffix(bytes.extracting(offset..<bytes.byteCount)) else {
            return nil
        }
        return scale(mantissa, by: factor, exponent: exponent - decimals)
    }

    /// The factor and the power of ten that a suffix stands for.
    private static func suffix(_ text: RawSpan) -> (factor: Int, exponent: Int)? {
        if text.byteCount == 0 { return (1, 0) }
        let binary: [(StaticString, Int)] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)]
        for (name, shift) in binary where text.equals(name) { return (1 << shift, 0) }
        let decimal: [(StaticString, Int)] = [
            ("n", -9), ("u", -6), ("m", -3), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18),
        ]
        for (name, exponent) in decimal where text.equals(name) { return (1, exponent) }
        guard text[0] | 0x20 == 0x65, let exponent = Int(String(utf8Repaired: text.extracting(1..<text.byteCount))),
            abs(exponent) < 100
        else { return nil }
        return (1, exponent)
    }

    private static func scale(_ mantissa: Int, by factor: Int, exponent: Int) -> Int? {
        var (value, overflow) = mantissa.multipliedReportingOverflow(by: factor)
        if overflow { return nil }
        for _ in 0..<max(0, exponent) where value != 0 {
            (value, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
        }
        // Rounding up at each step gives the same as rounding up once.
        for _ in 0..<max(0, -exponent) { value = value / 10 + (value % 10 == 0 ? 0 : 1) }
        return value
    }
}
