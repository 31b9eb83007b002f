/// The value behind the text of a string or bytes token: quotes off, escapes resolved, line ends made `\n`.
///
/// Shapes: `"…"`, `'…'`, both tripled, each with the prefix `r` (no escapes), `b` (bytes) or `br`.
struct Literal {
    private let scalars: [Unicode.Scalar]
    private let isBytes: Bool
    private var isRaw = false
    private(set) var bytes: [UInt8] = []

    /// - Parameter token: The scalars of one whole token, as the lexer accepts it.
    init(token: ArraySlice<Unicode.Scalar>, isBytes: Bool) throws(Mistake) {
        self.isBytes = isBytes
        var body = token
        if isBytes { body = body.dropFirst() }
        if let first = body.first, first.isRawMark {
            isRaw = true
            body = body.dropFirst()
        }
        let isTriple = body.count >= 6 && body.prefix(3).allSatisfy { $0 == body.first }
        let quotes = isTriple ? 3 : 1
        scalars = Array(body.dropFirst(quotes).dropLast(quotes))
        try read()
    }

    /// Why a literal is refused, in cel-go's words.
    enum Mistake: String, Error {
        case escape = "unable to unescape string"
        case codePoint = "invalid unicode code point"
    }

    private mutating func read() throws(Mistake) {
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "\r" {
                bytes.append(0x0A)
                index += index + 1 < scalars.count && scalars[index + 1] == "\n" ? 2 : 1
            } else if scalar == "\\", !isRaw {
                index = try readEscape(at: index)
            } else {
                append(scalar)
                index += 1
            }
        }
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        bytes.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
    }

    private mutating func readEscape(at start: Int) throws(Mistake) -> Int {
        guard start + 1 < scalars.count else { throw .escape }
        let mark = scalars[start + 1]
        switch mark {
        case "a": bytes.append(0x07)
        case "b": bytes.append(0x08)
        case "f": bytes.append(0x0C)
        case "n": bytes.append(0x0A)
        case "r": bytes.append(0x0D)
        case "t": bytes.append(0x09)
        case "v": bytes.append(0x0B)
        case "\\", "'", "\"", "`", "?": append(mark)
        case "x", "X": return try readNumber(at: start + 2, digits: 2, base: 16)
        case "u" where !isBytes: return try readNumber(at: start + 2, digits: 4, base: 16)
        case "U" where !isBytes: return try readNumber(at: start + 2, digits: 8, base: 16)
        case "0"..."3": return try readNumber(at: start + 1, digits: 3, base: 8)
        default: throw .escape
        }
        return start + 2
    }

    private mutating func readNumber(at start: Int, digits: Int, base: UInt32) throws(Mistake) -> Int {
        guard start + digits <= scalars.count else { throw .escape }
        var value: UInt32 = 0
        for scalar in scalars[start..<start + digits] {
            guard scalar.isHexDigit, scalar.hexValue < base else { throw .escape }
            value = value &* base &+ scalar.hexValue
        }
        if isBytes {
            bytes.append(UInt8(truncatingIfNeeded: value))
        } else {
            guard let scalar = Unicode.Scalar(value) else { throw .codePoint }
            append(scalar)
        }
        return start + digits
    }
}
