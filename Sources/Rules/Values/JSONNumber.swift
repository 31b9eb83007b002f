internal import Bytes

/// The double behind a JSON number.
enum JSONNumber {
    /// The nearest double; too large ones become infinite. A short decimal is made exactly without the general conversion.
    static func double(_ literal: String) -> Double { literal.withRawSpan(short) ?? Double(literal) ?? .nan }

    /// The double of a short decimal; `nil` for all others.
    private static func short(_ bytes: RawSpan) -> Double? {
        var mantissa: UInt64 = 0
        var digits = 0
        var scale = 1.0
        var isNegative = false
        var hasPoint = false
        for index in 0..<bytes.byteCount {
            let byte = bytes[index]
            if byte &- 0x30 < 10 {
                mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
                digits &+= 1
                if hasPoint { scale *= 10 }
                // Up to 15 digits the mantissa and, up to 22, the power of ten are exact, so one division rounds once.
                if digits > 15 { return nil }
            } else if byte == 0x2E {
                hasPoint = true
            } else if byte == 0x2D, digits == 0, !hasPoint {
                isNegative = true
            } else {
                return nil
            }
        }
        let magnitude = Double(mantissa) / scale
        return isNegative ? -magnitude : magnitude
    }
}
