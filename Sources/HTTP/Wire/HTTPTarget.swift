internal import Bytes

/// The parts of a request's target (RFC 9112, 3.2), as offsets into the head.
///
/// Served are the origin form (`/path?query`), the absolute form (`http://authority/path?query`) and the asterisk. The authority form of
/// CONNECT is refused: there is no proxy here.
package struct HTTPTarget: Sendable, Equatable {
    /// The whole target as it came.
    package var whole: Range<Int>
    /// The path as it came, escapes and all: it begins with a slash, or is the asterisk.
    package var path: Range<Int>
    /// What follows the first question mark; `nil` where there is none.
    package var query: Range<Int>?
    /// The authority of the absolute form, which counts more than `Host` (RFC 9112, 3.2.2).
    package var authority: Range<Int>?

    /// Takes a target apart that has neither control bytes nor spaces.
    init(_ head: RawSpan, _ whole: Range<Int>) throws(HTTPParseError) {
        guard !whole.isEmpty else { throw .malformedTarget }
        self.whole = whole
        let target = head.extracting(whole)
        var pathStart = whole.lowerBound
        let pathEnd = whole.lowerBound + (target.firstIndex(of: 0x3F) ?? whole.count)
        if pathEnd < whole.upperBound { query = pathEnd + 1..<whole.upperBound }
        if target[0] == 0x2F {
            path = pathStart..<pathEnd
        } else if target[0] == 0x2A {
            guard whole.count == 1 else { throw .malformedTarget }
            path = whole
        } else {
            let scheme = try HTTPTarget.schemeLength(target)
            let authorityStart = whole.lowerBound + scheme
            guard authorityStart <= pathEnd else { throw .malformedTarget }
            let rest = head.extracting(authorityStart..<pathEnd)
            pathStart = authorityStart + (rest.firstIndex(of: 0x2F) ?? rest.byteCount)
            let authority = authorityStart..<pathStart
            guard !authority.isEmpty else { throw .malformedTarget }
            guard HTTPHost.isValid(head.extracting(authority)) else { throw .malformedHost }
            self.authority = authority
            // An empty path means the slash; one lies before the authority.
            path = pathStart == pathEnd ? authorityStart - 1..<authorityStart : pathStart..<pathEnd
        }
        guard HTTPTarget.escapesAreWhole(head.extracting(path)) else { throw .malformedTarget }
    }

    private static func schemeLength(_ target: RawSpan) throws(HTTPParseError) -> Int {
        for scheme: StaticString in ["http://", "https://"] {
            let length = scheme.utf8CodeUnitCount
            if target.byteCount >= length, ASCII.equalIgnoringCase(target.extracting(0..<length), scheme) {
                return length
            }
        }
        throw .malformedTarget
    }

    /// Whether each percent sign is followed by two hexadecimal digits, which daprd demands of the path (golden, `/v1.0/%zz`).
    private static func escapesAreWhole(_ path: RawSpan) -> Bool {
        var from = 0
        while let percent = path.firstIndex(of: 0x25, from: from) {
            guard percent + 2 < path.byteCount, Hex.value(path[percent + 1]) != nil, Hex.value(path[percent + 2]) != nil
            else { return false }
            from = percent + 3
        }
        return true
    }
}
