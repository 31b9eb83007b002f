package import Bytes

/// The identity of one span in a distributed trace (W3C Trace Context, level 1).
package struct TraceContext: Sendable, Hashable {
    /// The first eight bytes of the trace id.
    package var traceHigh: UInt64
    /// The last eight bytes of the trace id.
    package var traceLow: UInt64
    /// The span id.
    package var span: UInt64
    /// The flags; bit 0 says that the trace is sampled, the others are kept as they came.
    package var flags: UInt8

    /// Makes a context from its parts.
    package init(traceHigh: UInt64, traceLow: UInt64, span: UInt64, flags: UInt8) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.span = span
        self.flags = flags
    }

    /// The length of the text form.
    package static let textLength = 55

    /// No trace: `00-000…-000…-00`.
    package static let zero = TraceContext(traceHigh: 0, traceLow: 0, span: 0, flags: 0)

    /// Whether trace id and span id both are not zero.
    package var isValid: Bool { traceHigh | traceLow != 0 && span != 0 }

    /// Whether the trace is sampled.
    package var isSampled: Bool { flags & 1 != 0 }

    /// Reads a `traceparent`; `nil` for what daprd does not accept.
    ///
    /// Ids are lower-case hexadecimal and not zero. Versions 01 to fe are read like version 00 and may have more after the flags;
    /// they are written as 00. White space around it is the caller's to remove.
    package init?(_ text: RawSpan) {
        guard text.byteCount >= TraceContext.textLength, text[2] == 0x2D, text[35] == 0x2D, text[52] == 0x2D,
            let versionHigh = Hex.value(text[0]), let versionLow = Hex.value(text[1])
        else { return nil }
        let version = versionHigh << 4 | versionLow
        guard version != 0xFF, version != 0 || text.byteCount == TraceContext.textLength,
            text.byteCount == TraceContext.textLength || text[TraceContext.textLength] == 0x2D,
            let first = Hex.gather(text.loadUInt64(at: 3)), let second = Hex.gather(text.loadUInt64(at: 11)),
            let third = Hex.gather(text.loadUInt64(at: 19)), let fourth = Hex.gather(text.loadUInt64(at: 27)),
            let spanHigh = Hex.gather(text.loadUInt64(at: 36)), let spanLow = Hex.gather(text.loadUInt64(at: 44)),
            let flagsHigh = Hex.value(text[53]), let flagsLow = Hex.value(text[54])
        else { return nil }
        traceHigh = UInt64(first) << 32 | UInt64(second)
        traceLow = UInt64(third) << 32 | UInt64(fourth)
        span = UInt64(spanHigh) << 32 | UInt64(spanLow)
        flags = flagsHigh << 4 | flagsLow
        guard isValid else { return nil }
    }

    /// Reads a `traceparent`; `nil` for what daprd does not accept.
    package init?(_ text: String) {
        guard let context = text.withRawSpan({ TraceContext($0) }) else { return nil }
        self = context
    }

    /// A new span of the same trace with the same flags.
    package func child(_ random: RandomPool) -> TraceContext {
        TraceContext(traceHigh: traceHigh, traceLow: traceLow, span: TraceContext.nonZero(random), flags: flags)
    }

    /// The first span of a new trace.
    package static func root(isSampled: Bool, _ random: RandomPool) -> TraceContext {
        TraceContext(
            traceHigh: random.next(), traceLow: nonZero(random), span: nonZero(random), flags: isSampled ? 1 : 0)
    }

    private static func nonZero(_ random: RandomPool) -> UInt64 {
        while true {
            let number = random.next()
            if number != 0 { return number }
        }
    }

    /// The `traceparent`, 55 bytes of version 00.
    package var bytes: [UInt8] {
        [UInt8](capacity: TraceContext.textLength) { $0.write(self) }
    }

    /// The `traceparent`, version 00.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension ByteWriter {
    /// Writes the 55 bytes of a `traceparent`.
    package mutating func write(_ context: TraceContext) {
        write("00-")
        write(hex: context.traceHigh)
        write(hex: context.traceLow)
        write(0x2D)
        write(hex: context.span)
        write(0x2D)
        write(Hex.digit(context.flags >> 4))
        write(Hex.digit(context.flags & 15))
    }
}

/// The `tracestate` that travels beside a `traceparent`.
package enum TraceState {
    /// How many members a list may have.
    package static let maximumMembers = 32

    /// The list as OpenTelemetry for Go rewrites it: members in order, without white space around them; empty for a list that it refuses.
    package static func normalized(_ text: String) -> String {
        var keys: [String] = []
        var result = ""
        for part in text.utf8.split(separator: 0x2C, omittingEmptySubsequences: true) {
            guard let equals = part.firstIndex(of: 0x3D) else { return "" }
            let key = part[..<equals].drop { $0 == 0x20 || $0 == 0x09 }
            var value = part[part.index(after: equals)...]
            while let last = value.last, last == 0x20 || last == 0x09 { value = value.dropLast() }
            let name = String(decoding: key, as: UTF8.self)
            guard isKey(key), isValue(value), !keys.contains(name), keys.count < maximumMembers else { return "" }
            keys.append(name)
            if !result.isEmpty { result += "," }
            result += name + "=" + String(decoding: value, as: UTF8.self)
        }
        return result
    }

    private static func isKey(_ key: Substring.UTF8View.SubSequence) -> Bool {
        guard let at = key.firstIndex(of: 0x40) else { return isPart(key, longest: 256, mayBeginWithDigit: false) }
        return isPart(key[..<at], longest: 241, mayBeginWithDigit: true)
            && isPart(key[key.index(after: at)...], longest: 14, mayBeginWithDigit: false)
    }

    private static func isPart(_ part: Substring.UTF8View.SubSequence, longest: Int, mayBeginWithDigit: Bool) -> Bool {
        guard let first = part.first, part.count <= longest,
            isLetter(first) || mayBeginWithDigit && ASCII.isDigit(first)
        else { return false }
        return part.allSatisfy {
            isLetter($0) || ASCII.isDigit($0) || $0 == 0x5F || $0 == 0x2D || $0 == 0x2A || $0 == 0x2F
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 }

    private static func isValue(_ value: Substring.UTF8View.SubSequence) -> Bool {
        guard let last = value.last, last != 0x20, value.count <= 256 else { return false }
        return value.allSatisfy { $0 >= 0x20 && $0 <= 0x7E && $0 != 0x2C && $0 != 0x3D }
    }
}
