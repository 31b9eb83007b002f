/// Numbers as Go prints them, so that a value that was written as a number reads the same as with daprd.
package enum GoNumber {
    /// As `encoding/json` writes a float: plain digits between 1e-6 and 1e21, an exponent beyond.
    package static func json(_ number: Double) -> String {
        guard number.isFinite else { return "null" }
        guard let parts = Parts(number.description) else { return number.description }
        return parts.point - 1 < -6 || parts.point > 21 ? parts.scientific(minimumExponentDigits: 1) : parts.plain
    }

    /// As `strconv.FormatFloat(number, 'g', -1, 32)`, which is how a float becomes the text of a text field.
    package static func general32(_ number: Double) -> String {
        let single = Float(number)
        if single.isNaN { return "NaN" }
        if single.isInfinite { return single < 0 ? "-Inf" : "+Inf" }
        guard let parts = Parts(single.description) else { return single.description }
        return parts.general
    }

    /// As `fmt`'s `%v` prints a 64-bit float.
    package static func general(_ number: Double) -> String {
        guard let parts = Parts(number.description) else { return number.description }
        return parts.general
    }

    /// The shortest digits of a number and where their point is.
    private struct Parts {
        var sign: String
        /// Without leading or trailing zeros; `0` for zero.
        var digits: String
        /// How many digits stand in front of the point; may be negative or beyond the digits.
        var point: Int

        init?(_ description: String) {
            var rest = Substring(description)
            sign = rest.first == "-" ? "-" : ""
            if !sign.isEmpty { rest = rest.dropFirst() }
            let halves = rest.split(separator: "e")
            guard let mantissa = halves.first, let exponent = halves.count == 2 ? Int(halves[1]) : 0 else { return nil }
            let whole = mantissa.prefix { $0 != "." }
            let fraction = mantissa.dropFirst(whole.count + 1)
            let all = whole + fraction
            guard all.allSatisfy(\.isNumber) else { return nil }
            let leading = all.prefix { $0 == "0" }.count
            point = whole.count + exponent - leading
            digits = String(all.dropFirst(leading))
            while digits.last == "0" { digits.removeLast() }
            if digits.isEmpty {
                digits = "0"
                point = 1
            }
        }

        var plain: String {
            if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
            if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) }
            return sign + digits.prefix(point) + "." + digits.dropFirst(point)
        }

        func scientific(minimumExponentDigits: Int) -> String {
            let exponent = point - 1
            var magnitude = String(exponent.magnitude)
            while magnitude.count < minimumExponentDigits { magnitude = "0" + magnitude }
            let fraction = digits.dropFirst()
            return sign + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + "e" + (exponent < 0 ? "-" : "+")
                + magnitude
        }

        /// Go uses an exponent below 1e-4, and from 1e6 on when the digits are the shortest ones.
        var general: String {
            let exponent = point - 1
            return exponent < -4 || exponent >= 6 ? scientific(minimumExponentDigits: 2) : plain
        }
    }
}
