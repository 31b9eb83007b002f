/// Doubles as text and back, as Go does it.
enum DoubleText {
    /// The shortest text that reads back the same, as Go's `%g`: with an exponent below 1e-4 and from 1e6 on.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let (digits, point) = decimal(value.magnitude)
        let sign = value.sign == .minus ? "-" : ""
        let exponent = point - 1
        if exponent < -4 || exponent >= 6 {
            return sign + scientific(digits, exponent)
        }
        return sign + plain(digits, point)
    }

    /// The shortest text without an exponent, as Go's `'f', -1`.
    static func plainText(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let (digits, point) = decimal(value.magnitude)
        return (value.sign == .minus ? "-" : "") + plain(digits, point)
    }

    /// The double that a text names as Go's `ParseFloat` reads it; `nil` where it would refuse or overflow.
    static func double(_ text: String) -> Double? {
        guard let value = Double(text), !text.utf8.contains(0x28) else { return nil }
        let letters = text.utf8.contains { $0 | 0x20 == 0x6E || $0 | 0x20 == 0x78 || $0 | 0x20 == 0x69 }
        guard letters else { return value.isFinite ? value : nil }
        let isHex = text.utf8.contains { $0 | 0x20 == 0x78 }
        if isHex { return value.isFinite && text.utf8.contains { $0 | 0x20 == 0x70 } ? value : nil }
        return value
    }

    /// The digits of the shortest decimal and where its point stands: 120.5 is ("1205", 3), 0.001 is ("1", -2).
    private static func decimal(_ magnitude: Double) -> (digits: [UInt8], point: Int) {
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        var rest = magnitude.description.utf8[...]
        while let byte = rest.popFirst() {
            if byte == 0x2E {
                point = digits.count
            } else if byte == 0x65 {
                exponent = Int(String(rest) ?? "") ?? 0
                break
            } else {
                digits.append(byte)
            }
        }
        var place = (point ?? digits.count) + exponent
        let leading = digits.prefix { $0 == 0x30 }.count
        digits.removeFirst(leading)
        place -= leading
        while digits.last == 0x30 { digits.removeLast() }
        return digits.isEmpty ? ([0x30], 1) : (digits, place)
    }

    private static func plain(_ digits: [UInt8], _ point: Int) -> String {
        var bytes: [UInt8] = []
        if point <= 0 {
            bytes = [0x30, 0x2E] + Array(repeating: 0x30, count: -point) + digits
        } else if digits.count <= point {
            bytes = digits + Array(repeating: 0x30, count: point - digits.count)
        } else {
            bytes = digits[..<point] + [0x2E] + digits[point...]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func scientific(_ digits: [UInt8], _ exponent: Int) -> String {
        var bytes = [digits[0]]
        if digits.count > 1 { bytes += [0x2E] + digits[1...] }
        let magnitude = String(exponent.magnitude)
        return String(decoding: bytes, as: UTF8.self) + (exponent < 0 ? "e-" : "e+")
            + (magnitude.utf8.count < 2 ? "0" : "") + magnitude
    }
}
