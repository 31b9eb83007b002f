/// What a scalar means.
package enum YAMLValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    /// A whole number beyond `Int`.
    case unsigned(UInt64)
    case float(Double)
    case text(String)
}

/// By which rules a plain scalar gets its meaning.
package enum YAMLSchema: Sendable {
    /// YAML 1.1, as `sigs.k8s.io/yaml` reads resources: `yes`, `no`, `on`, `off`, `y` and `n` are truths too.
    case resources
    /// As `gopkg.in/yaml.v3` reads configuration files: only `true` and `false` are truths.
    case configuration
}

extension YAMLNode.Scalar {
    /// The meaning of the scalar. Quoted and block scalars are text; an explicit tag of another kind leaves text.
    package func value(_ schema: YAMLSchema) -> YAMLValue {
        if tag == "!!str" || tag == "!" { return .text(text) }
        guard style == .plain || tag != nil else { return .text(text) }
        let value = Self.plainValue(text, schema)
        switch (tag, value) {
        case ("!!float", .integer(let number)): return .float(Double(number))
        case (nil, _), ("!!null", .null), ("!!bool", .bool), ("!!int", .integer), ("!!int", .unsigned),
            ("!!float", .float):
            return value
        default: return .text(text)
        }
    }

    private static func plainValue(_ text: String, _ schema: YAMLSchema) -> YAMLValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        case ".nan", ".NaN", ".NAN": return .float(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .float(.infinity)
        case "-.inf", "-.Inf", "-.INF": return .float(-.infinity)
        case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON": return schema == .resources ? .bool(true) : .text(text)
        case "n", "N", "no", "No", "NO", "off", "Off", "OFF": return schema == .resources ? .bool(false) : .text(text)
        default: return number(text) ?? .text(text)
        }
    }

    private static func number(_ text: String) -> YAMLValue? {
        guard let first = text.utf8.first else { return nil }
        guard first == 0x2B || first == 0x2D || first == 0x2E || (0x30...0x39).contains(first) else { return nil }
        let plain = text.filter { $0 != "_" }
        if first != 0x2E, let whole = whole(plain) { return whole }
        guard isDecimalFloat(plain), let float = Double(plain), float.isFinite else { return nil }
        return .float(float)
    }

    /// A whole number with Go's prefixes: `0x`, `0b`, `0o`, and a leading zero for octal.
    private static func whole(_ text: String) -> YAMLValue? {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits = digits.dropFirst() }
        var radix = 10
        if digits.first == "0", digits.count > 1 {
            let prefix = digits.dropFirst().first
            switch prefix {
            case "x", "X": radix = 16
            case "b", "B": radix = 2
            case "o", "O": radix = 8
            case let digit? where digit.isASCII && digit.isNumber: radix = 8
            // A point or an exponent follows: no whole number.
            default: return nil
            }
            digits = digits.dropFirst(prefix?.isNumber == true ? 1 : 2)
        }
        guard let first = digits.first, first != "+", first != "-" else { return nil }
        if let number = Int((isNegative ? "-" : "") + digits, radix: radix) { return .integer(number) }
        if !isNegative, let number = UInt64(digits, radix: radix) { return .unsigned(number) }
        return nil
    }

    /// Digits with at most one point and an exponent: what Swift would also read (`0x1p3`, `nan`) is text.
    private static func isDecimalFloat(_ text: String) -> Bool {
        var digits = 0
        var points = 0
        var rest = Substring(text)
        if rest.first == "+" || rest.first == "-" { rest = rest.dropFirst() }
        while let character = rest.first {
            if character.isASCII, character.isNumber {
                digits += 1
            } else if character == "." {
                points += 1
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard digits > 0, points <= 1 else { return false }
        guard let exponent = rest.first else { return true }
        guard exponent == "e" || exponent == "E" else { return false }
        rest = rest.dropFirst()
        if rest.first == "+" || rest.first == "-" { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy { $0.isASCII && $0.isNumber }
    }
}
