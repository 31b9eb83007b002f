/// Which pattern a path falls under, as Go's ServeMux decides it: `{name}` stands for one segment, `{name...}` and a slash at the end for
/// the rest, `{$}` for the end; the most specific pattern wins (spec 6.4).
struct PathPatterns: Sendable {
    private enum Segment: Equatable, Sendable {
        case literal(String)
        case any
        case rest
        case end

        /// Lower is more specific.
        var rank: Int {
            switch self {
            case .literal, .end: 0
            case .any: 1
            case .rest: 2
            }
        }
    }

    private struct Pattern: Sendable {
        let text: String
        let segments: [Segment]
    }

    private let patterns: [Pattern]

    /// Each pattern is there a second time behind `/v1.0/invoke/{app_id}/method`, as in daprd.
    init(_ given: [String]) {
        var texts: [String] = []
        for pattern in given.map(PathPatterns.normalised) {
            texts.append(pattern)
            if !pattern.hasPrefix("/v1.0/invoke/") { texts.append("/v1.0/invoke/{app_id}/method" + pattern) }
        }
        patterns = texts.map { Pattern(text: $0, segments: PathPatterns.segments($0)) }
            .sorted { PathPatterns.isMoreSpecific($0.segments, $1.segments) }
    }

    var isEmpty: Bool { patterns.isEmpty }

    /// The pattern that fits best; nil where none does.
    func match(_ path: String) -> String? {
        let parts = PathPatterns.normalised(path).dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return patterns.first { PathPatterns.matches($0.segments, parts[...]) }?.text
    }

    /// Slashes that come twice count once, and one is at the beginning.
    static func normalised(_ path: String) -> String {
        var bytes: [UInt8] = [0x2F]
        for byte in path.utf8 where byte != 0x2F || bytes.last != 0x2F { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func segments(_ pattern: String) -> [Segment] {
        let parts = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return parts.enumerated().map { index, part in
            if index == parts.count - 1, part.isEmpty { return .rest }
            if part == "{$}" { return .end }
            if part.hasPrefix("{"), part.hasSuffix("...}") { return .rest }
            if part.hasPrefix("{"), part.hasSuffix("}") { return .any }
            return .literal(String(part))
        }
    }

    private static func matches(_ segments: [Segment], _ parts: ArraySlice<Substring>) -> Bool {
        var parts = parts
        for segment in segments {
            switch segment {
            case .rest: return !parts.isEmpty
            case .end: return parts.count == 1 && parts.first?.isEmpty == true
            case .any:
                guard let part = parts.popFirst(), !part.isEmpty else { return false }
            case .literal(let text):
                guard let part = parts.popFirst(), part == text[...] else { return false }
            }
        }
        return parts.isEmpty
    }

    private static func isMoreSpecific(_ left: [Segment], _ right: [Segment]) -> Bool {
        for (one, other) in zip(left, right) where one.rank != other.rank { return one.rank < other.rank }
        return left.count > right.count
    }
}
