import Bytes

extension Checks {
    mutating func checkTexts() {
        for length in 0...40 {
            let text = made(String(repeating: "a", count: length))
            let other = made(String(repeating: "a", count: max(0, length - 1)) + (length > 0 ? "b" : ""))
            let copy = text.withRawSpan { [UInt8]($0) }
            equal(copy, Array(text.utf8), "bytes of a text of \(length)")
            equal(copy.rawSpan.equals(text), true, "equal texts of \(length)")
            equal(copy.rawSpan.equals(other), length == 0, "other texts of \(length)")
            equal(text.hasSameBytes(as: made(text)), true, "same bytes of \(length)")
            equal(text.hasSameBytes(as: other), length == 0, "other bytes of \(length)")
            equal(ASCII.equalIgnoringCase(text, made(text.uppercased())), true, "no case in \(length)")
            equal(ASCII.equalIgnoringCase(text, other), length == 0, "no case in other \(length)")
            let written = [UInt8](capacity: length + 1) { writer in
                writer.write(text)
                writer.write(0x21)
            }
            self.text(written, text + "!", "writing \(length)")
            var appended: [UInt8] = []
            appended.append(utf8: text)
            self.text(appended, text, "appending \(length)")
        }
    }

    mutating func checkNotations() {
        for (word, isTrue) in [
            ("true", true), ("TRUE", true), (" yes ", true), ("y", true), ("On", true), ("1", true), ("t", true),
            ("false", false), ("", false), ("0", false), ("tru", false),
        ] {
            equal(GoBool.isTruthy(made(word)), isTrue, "truth of \(word)")
        }
        for (word, nanoseconds) in [
            ("1s", 1_000_000_000), ("100ms", 100_000_000), ("1m30s", 90_000_000_000), ("-2s", -2_000_000_000), ("0", 0),
        ] as [(String, Int64)] {
            equal(GoDuration.nanoseconds(made(word)), nanoseconds, "duration \(word)")
            equal(GoDuration.parse(made(word)), .nanoseconds(nanoseconds), "duration \(word)")
        }
        equal(GoDuration.parse(made("1x")), nil, "duration 1x")
        for (word, size) in [("4Mi", 4 << 20), ("1G", 1_000_000_000), ("1.5Ki", 1536), ("1e3", 1000), ("4096", 4096)] {
            equal(Quantity.parse(made(word)), size, "size \(word)")
        }
        equal(made("a%2Fb+c").withRawSpan { URLText.queryUnescapedText($0) }, "a/b c", "unescaping")
        equal(made("%zz").withRawSpan { URLText.queryUnescapedText($0) }, nil, "a bad escape")
        var pairs: [String] = []
        made("a=1&b=%20&=x").withRawSpan { query in
            URLText.forEachQueryPair(query) { name, value, _ in pairs.append(name + ":" + value) }
        }
        equal(pairs, ["a:1", "b: ", ":x"], "query pairs")
        text(made("/a/../b/").withRawSpan { URLText.cleanPath($0) }, "/b", "a clean path")
    }

    /// Spans of arrays: of temporaries, of stored ones, and of ones whose last other use comes before.
    mutating func checkArrays() {
        let holder = Holder(made("held").utf8.map { $0 })
        for _ in 0..<3 {
            equal(holder.equals("held"), true, "a stored array")
            equal(holder.copy().rawSpan.equals("held"), true, "an array that was returned")
            text(Checks.afterLastUse(of: holder), "held", "an array after its last use")
            text(holder.replacing(with: made("next").utf8.map { $0 }), "held", "an array that was replaced")
            text(holder.replacing(with: made("held").utf8.map { $0 }), "next", "an array that was replaced")
        }
        let literal: StaticString = "literal"
        text([UInt8](literal.rawSpan), "literal", "a literal")
    }

    @inline(never)
    private static func afterLastUse(of holder: Holder) -> [UInt8] {
        let copy = holder.copy()
        let span = copy.rawSpan
        let size = disturb()
        return size > 0 ? [UInt8](span) : []
    }
}

private final class Holder {
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    @inline(never)
    func equals(_ text: String) -> Bool {
        // Straight from the property the release build refuses it: nothing would keep the array there.
        let bytes = bytes
        return bytes.rawSpan.equals(text)
    }

    @inline(never)
    func copy() -> [UInt8] { bytes.map { $0 } }

    /// The array's bytes, read after the property got another value.
    @inline(never)
    func replacing(with other: [UInt8]) -> [UInt8] {
        let before = bytes
        let span = before.rawSpan
        bytes = other
        let size = disturb()
        return size > 0 ? [UInt8](span) : []
    }
}
