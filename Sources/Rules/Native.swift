internal import CRE2

/// Everything that is asked of C: RE2, the search for bytes, and the files of the time zone database. No other file of Rules sees a pointer.
enum Native {
    /// Whether `needle` is in `text`, in linear time.
    static func contains(_ text: String, _ needle: String) -> Bool {
        var text = text
        var needle = needle
        return text.withUTF8 { text in
            needle.withUTF8 { needle in
                guard let start = text.baseAddress, let other = needle.baseAddress else { return needle.isEmpty }
                return unsafe martlet_contains(start, text.count, other, needle.count)
            }
        }
    }

    /// The bytes of a file of the time zone database, `nil` where it has none of that name. Blocks for a small read.
    static func zoneFile(named name: String) -> [UInt8]? {
        let capacity = RuleLimits.zoneFileSize
        for folder in ["/usr/share/zoneinfo/", "/usr/lib/zoneinfo/", "/etc/zoneinfo/"] {
            var length = -1
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                length = unsafe martlet_read_file(folder + name, buffer.baseAddress, capacity)
                count = max(0, length)
            }
            if length >= 0 { return bytes }
        }
        return nil
    }

    /// Searches with a pattern that is known only now; the last few are kept compiled.
    static func search(_ text: String, pattern: String) throws(PatternMistake) -> Bool {
        var text = text
        var pattern = pattern
        let capacity = 256
        var error = [CChar](repeating: 0, count: capacity)
        let result = text.withUTF8 { text in
            pattern.withUTF8 { pattern in
                unsafe text.withMemoryRebound(to: CChar.self) { text in
                    unsafe pattern.withMemoryRebound(to: CChar.self) { pattern in
                        unsafe martlet_re2_search_cached(
                            pattern.baseAddress, pattern.count, text.baseAddress, text.count,
                            RuleLimits.regularExpressionMemory, &error, capacity)
                    }
                }
            }
        }
        guard result >= 0 else { throw PatternMistake(re2: error) }
        return result == 1
    }
}

/// A compiled regular expression. It never changes, and RE2 lets any number of threads search with it.
@safe
final class RegularExpression: @unchecked Sendable {
    private let handle: OpaquePointer

    init(_ pattern: String) throws(PatternMistake) {
        var pattern = pattern
        let capacity = 256
        var error = [CChar](repeating: 0, count: capacity)
        let handle = pattern.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { bytes in
                unsafe martlet_re2_compile(
                    bytes.baseAddress, bytes.count, RuleLimits.regularExpressionMemory, &error, capacity)
            }
        }
        guard let handle = unsafe handle else { throw PatternMistake(re2: error) }
        unsafe self.handle = handle
    }

    deinit {
        unsafe martlet_re2_free(handle)
    }

    /// Whether the pattern is found anywhere in the text.
    func isFound(in text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { bytes in
                unsafe martlet_re2_search(handle, bytes.baseAddress, bytes.count)
            }
        }
    }

    /// The text with every match replaced; `\1` in the rewrite stands for a group. Nil where the result exceeds the limit.
    func replacing(in text: String, with rewrite: String, limit: Int) -> String? {
        var text = text
        var rewrite = rewrite
        var length = 0
        let bytes = text.withUTF8 { text in
            rewrite.withUTF8 { rewrite in
                unsafe [UInt8](unsafeUninitializedCapacity: limit) { output, count in
                    length = unsafe replace(text, rewrite, output, limit)
                    count = max(0, length)
                }
            }
        }
        return length < 0 ? nil : String(decoding: bytes, as: UTF8.self)
    }

    private func replace(
        _ text: UnsafeBufferPointer<UInt8>, _ rewrite: UnsafeBufferPointer<UInt8>,
        _ output: UnsafeMutableBufferPointer<UInt8>, _ limit: Int
    ) -> Int {
        unsafe text.withMemoryRebound(to: CChar.self) { text in
            unsafe rewrite.withMemoryRebound(to: CChar.self) { rewrite in
                unsafe output.withMemoryRebound(to: CChar.self) { output in
                    unsafe martlet_re2_replace(
                        handle, text.baseAddress, text.count, rewrite.baseAddress, rewrite.count,
                        output.baseAddress, limit)
                }
            }
        }
    }
}

/// Why a pattern does not compile, in the words of Go's regexp package.
struct PatternMistake: Error, Sendable {
    let message: String
    /// The same without the part of the pattern, for patterns that come from an event.
    let reason: String

    /// - Parameter re2: What RE2 says, up to a NUL: a reason, and after a colon the part of the pattern.
    init(re2: [CChar]) {
        let text = String(decoding: re2.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let (reason, part) = Self.split(text)
        self.reason = "error parsing regexp: \(Self.words[reason] ?? "the pattern does not compile")"
        message = "error parsing regexp: \(Self.words[reason] ?? reason)" + (part.map { ": `\($0)`" } ?? "")
    }

    private static func split(_ text: String) -> (reason: String, part: String?) {
        for reason in words.keys where text.hasPrefix(reason + ": ") {
            return (reason, String(text.dropFirst(reason.count + 2)))
        }
        return (text, nil)
    }

    private static let words: [String: String] = [
        "invalid escape sequence": "invalid escape sequence",
        "invalid character class": "invalid character class",
        "invalid character class range": "invalid character class range",
        "missing ]": "missing closing ]",
        "missing )": "missing closing )",
        "unexpected )": "unexpected )",
        "trailing \\": "trailing backslash at end of expression",
        "no argument for repetition operator": "missing argument to repetition operator",
        "invalid repetition size": "invalid repeat count",
        "bad repetition operator": "invalid nested repetition operator",
        "invalid perl operator": "invalid or unsupported Perl syntax",
        "invalid UTF-8": "invalid UTF-8",
        "invalid named capture group": "invalid named capture",
    ]
}
