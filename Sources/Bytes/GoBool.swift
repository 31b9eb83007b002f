/// Truth values in texts, in the two ways in which Dapr reads them.
package enum GoBool {
    /// As Go's `strconv.ParseBool`: `1 t T TRUE true True 0 f F FALSE false False`; `nil` for anything else.
    package static func strict(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "TRUE", "true", "True": true
        case "0", "f", "F", "FALSE", "false", "False": false
        default: nil
        }
    }

    /// Whether a text means yes in component metadata: `y yes true t on 1` in any case, surrounding spaces ignored (spec, "Conventions").
    package static func isTruthy(_ text: String) -> Bool { text.withRawSpan(isTruthy) }

    private static func isTruthy(_ bytes: RawSpan) -> Bool {
        var start = 0
        var end = bytes.byteCount
        while start < end, isSpace(bytes[start]) { start += 1 }
        while end > start, isSpace(bytes[end - 1]) { end -= 1 }
        let word = bytes.extracting(start..<end)
        return ASCII.equalIgnoringCase(word, "y") || ASCII.equalIgnoringCase(word, "yes")
            || ASCII.equalIgnoringCase(word, "true") || ASCII.equalIgnoringCase(word, "t")
            || ASCII.equalIgnoringCase(word, "on") || ASCII.equalIgnoringCase(word, "1")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 0x09 < 5 }
}
