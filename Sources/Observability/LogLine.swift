internal import Bytes

/// One line before it is bytes: daprd's two formats, as logrus writes them (spec 6.5).
///
/// Nothing that comes from outside can end a line, start another one or reach the terminal: control characters, line separators,
/// and characters that turn or hide text are written as escapes.
struct LogLine {
    static let scopeOfLog = "martlet.log"
    /// A longer message or value is cut there, at a character, and ends in `…`.
    static let longestValue = 8 * 1024

    var level: LogLevel
    /// Nanoseconds since 1970.
    var time: Int64
    var scope: String
    var message: String
    var fields: LogFields

    /// Appends the line with its line feed.
    func append(to bytes: inout [UInt8], _ settings: LogSettings) {
        bytes.reserveCapacity(bytes.count + 192 + message.utf8.count)
        switch settings.format {
        case .text: appendText(to: &bytes, settings)
        case .json: appendJSON(to: &bytes, settings)
        }
        bytes.append(0x0A)
    }

    private func appendText(to bytes: inout [UInt8], _ settings: LogSettings) {
        bytes.append(utf8: "time=\"")
        bytes.append(timestamp: time)
        bytes.append(utf8: "\" level=")
        bytes.append(utf8: level.name)
        bytes.append(utf8: " msg=")
        bytes.append(logText: message)
        for (key, value) in sorted(settings) {
            bytes.append(0x20)
            bytes.append(utf8: key)
            bytes.append(0x3D)
            if case .text(let text) = value { bytes.append(logText: text) } else { bytes.append(plain: value) }
        }
    }

    private func appendJSON(to bytes: inout [UInt8], _ settings: LogSettings) {
        var entries = sorted(settings)
        entries.append(("level", .text("\(level.name)")))
        entries.append(("msg", .text(message)))
        entries.sort { $0.0 < $1.0 }
        var separator: UInt8 = 0x7B
        for (key, value) in entries {
            bytes.append(separator)
            separator = 0x2C
            bytes.append(logJSON: key)
            bytes.append(0x3A)
            if case .text(let text) = value { bytes.append(logJSON: text) } else { bytes.append(plain: value) }
        }
        bytes.append(utf8: ",\"time\":\"")
        bytes.append(timestamp: time)
        bytes.append(utf8: "\"}")
    }

    /// What every line has, and the fields, by key; of two fields with the same key both are written.
    private func sorted(_ settings: LogSettings) -> [(String, LogValue)] {
        var entries: [(String, LogValue)] = [
            ("instance", .text(settings.instance)), ("scope", .text(scope)), ("type", .text("log")),
            ("ver", .text(settings.version)),
        ]
        if !settings.appID.isEmpty { entries.append(("app_id", .text(settings.appID))) }
        for (key, value) in fields { entries.append((key.rawValue, value)) }
        entries.sort { $0.0 < $1.0 }
        return entries
    }
}

extension [UInt8] {
    /// Appends RFC 3339 with nine digits of fraction, in UTC.
    fileprivate mutating func append(timestamp nanoseconds: Int64) {
        let second = nanoseconds.quotientFlooring(1_000_000_000)
        let day = second.quotientFlooring(86_400)
        let (year, month, date) = CivilDate.date(daysSince1970: Int(day))
        let time = Int(second - day * 86_400)
        append(number: year, digits: 4)
        append(0x2D)
        append(number: month, digits: 2)
        append(0x2D)
        append(number: date, digits: 2)
        append(0x54)
        append(number: time / 3600, digits: 2)
        append(0x3A)
        append(number: time / 60 % 60, digits: 2)
        append(0x3A)
        append(number: time % 60, digits: 2)
        append(0x2E)
        append(number: Int(nanoseconds - second * 1_000_000_000), digits: 9)
        append(0x5A)
    }

    private mutating func append(number: Int, digits: Int) {
        var unit = 1
        for _ in 1..<digits { unit *= 10 }
        while unit > 0 {
            append(UInt8(truncatingIfNeeded: number / unit % 10) + 0x30)
            unit /= 10
        }
    }

    /// Appends a value that needs no quotes.
    fileprivate mutating func append(plain value: LogValue) {
        switch value {
        case .text(let text): append(utf8: text)
        case .integer(let number): appendDecimal(number)
        case .number(let number): append(utf8: number.isFinite ? "\(number)" : "null")
        case .flag(let isSet): append(utf8: isSet ? "true" : "false")
        }
    }

    /// Appends a text as logrus does: bare where it is a plain word, else in quotes with Go's escapes.
    fileprivate mutating func append(logText text: String) {
        if text.utf8.count <= LogLine.longestValue, text.utf8.allSatisfy(\.isPlain) { return append(utf8: text) }
        append(quoted: text) { bytes, scalar in
            switch scalar.value {
            case 0x07: bytes.append(utf8: "\\a")
            case 0x0B: bytes.append(utf8: "\\v")
            case 0x00..<0x20, 0x7F:
                bytes.append(utf8: "\\x")
                bytes.append(hex: scalar.value, digits: 2)
            default:
                bytes.append(unicodeEscape: scalar)
            }
        }
    }

    /// Appends a text as a JSON string.
    fileprivate mutating func append(logJSON text: String) {
        append(quoted: text) { bytes, scalar in bytes.append(unicodeEscape: scalar) }
    }

    private mutating func append(quoted text: String, escape: (inout [UInt8], Unicode.Scalar) -> Void) {
        append(0x22)
        let limit = count + LogLine.longestValue
        for scalar in text.unicodeScalars {
            guard count < limit else {
                append(utf8: "…")
                break
            }
            switch scalar {
            case "\"": append(utf8: "\\\"")
            case "\\": append(utf8: "\\\\")
            case "\n": append(utf8: "\\n")
            case "\r": append(utf8: "\\r")
            case "\t": append(utf8: "\\t")
            case "\u{8}": append(utf8: "\\b")
            case "\u{C}": append(utf8: "\\f")
            case _ where scalar.isHarmless: append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            default: escape(&self, scalar)
            }
        }
        append(0x22)
    }

    private mutating func append(unicodeEscape scalar: Unicode.Scalar) {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            append(utf8: "\\u")
            append(hex: UInt32(unit), digits: 4)
        }
    }

    private mutating func append(hex number: UInt32, digits: Int) {
        for digit in stride(from: digits - 1, through: 0, by: -1) {
            append(Hex.digit(UInt8(truncatingIfNeeded: number >> UInt32(4 * digit)) & 15))
        }
    }
}

extension UInt8 {
    /// Whether logrus writes it without quotes: letters, digits and `- . _ / @ ^ +`.
    fileprivate var isPlain: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x2F, 0x40, 0x5E, 0x2B: true
        default: false
        }
    }
}

extension Unicode.Scalar {
    /// Whether it is shown as itself: no control, no separator of lines, nothing that turns or hides text.
    fileprivate var isHarmless: Bool {
        switch value {
        case 0x20..<0x7F: true
        case 0x00..<0x20, 0x7F..<0xA0, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB, 0xE0000...0xE007F:
            false
        default: true
        }
    }
}
