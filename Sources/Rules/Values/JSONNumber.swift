/// The double behind a JSON number.
enum JSONNumber {
    /// The nearest double; too large ones become infinite. A short decimal is made exactly without the general conversion.
    static func double(_ literal: String) -> Double {
        var mantissa: UInt64 = 0
        var digits = 0
        var decimals = 0
        var isNegative = false
        var hasPoint = false
        for byte in literal.utf8 {
            if byte &- 0x30 < 10 {
                mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
                digits &+= 1
                if hasPoint { decimals &+= 1 }
                // Up to 15 digits the mantissa and, up to 22, the power of ten are exact, so one division rounds once.
                if digits > 15 { return Double(literal) ?? .nan }
            } else if byte == 0x2E {
                hasPoint = true
            } else if byte == 0x2D, digits == 0, !hasPoint {
                isNegative = true
            } else {
                return Double(literal) ?? .nan
            }
        }
        let magnitude = decimals == 0 ? Double(mantissa) : Double(mantissa) / powersOfTen[decimals]
        return isNegative ? -magnitude : magnitude
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]
}
