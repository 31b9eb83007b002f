/// Decoding of URLs as Go's `net/url` and `path` do it.
package enum URLText {
    /// The bytes that a path segment or a query part spells: `%xx` and `+` for a space; `nil` for a bad escape.
    package static func queryUnescape(_ text: RawSpan) -> [UInt8]? {
        if text.firstIndex(of: 0x25) == nil, text.firstIndex(of: 0x2B) == nil { return [UInt8](text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.byteCount)
        var offset = 0
        while offset < text.byteCount {
            let byte = text[offset]
            if byte == 0x25 {
                guard offset + 2 < text.byteCount, let high = Hex.value(text[offset + 1]),
                    let low = Hex.value(text[offset + 2])
                else { return nil }
                bytes.append(high << 4 | low)
                offset += 3
            } else {
                bytes.append(byte == 0x2B ? 0x20 : byte)
                offset += 1
            }
        }
        return bytes
    }

    /// The text that a path segment or a query part spells, bytes that are not UTF-8 replaced; `nil` for a bad escape.
    package static func queryUnescapedText(_ text: RawSpan) -> String? {
        guard let bytes = queryUnescape(text) else { return nil }
        return String(utf8Repaired: bytes.rawSpan)
    }

    /// The shortest equivalent of a path, as Go's `path.Clean`: no empty, `.` or `..` segments, no `/` at the end; `.` for nothing.
    ///
    /// It is applied to the escaped path: `%2F` is no separator and `%2E` no dot.
    package static func cleanPath(_ path: RawSpan) -> [UInt8] {
        let isRooted = path.byteCount > 0 && path[0] == 0x2F
        var result: [UInt8] = isRooted ? [0x2F] : []
        result.reserveCapacity(path.byteCount + 1)
        let root = result.count
        // Where `..` may not reach back any further: leading `..` of a relative path stay.
        var floor = root
        var offset = 0
        while offset < path.byteCount {
            let end = path.firstIndex(of: 0x2F, from: offset) ?? path.byteCount
            let segment = path.extracting(offset..<end)
            offset = end + 1
            if segment.byteCount == 0 || segment.equals(".") { continue }
            if segment.equals("..") {
                if result.count > floor {
                    let cut = result.lastIndex(of: 0x2F) ?? 0
                    result.removeLast(result.count - max(cut, floor))
                    continue
                }
                if isRooted { continue }
                if result.count > root { result.append(0x2F) }
                result.append(utf8: "..")
                floor = result.count
                continue
            }
            if result.count > root { result.append(0x2F) }
            result.append(segment)
        }
        return result.isEmpty ? [0x2E] : result
    }

    /// Calls back with each pair of a query in order, decoded. Pairs with a bad escape or a `;` are left out, as Go's `ParseQuery` does.
    /// - Parameter body: gets the value as text and, where it is not UTF-8, its bytes too.
    package static func forEachQueryPair(
        _ query: RawSpan, _ body: (_ name: String, _ value: String, _ bytes: [UInt8]?) -> Void
    ) {
        var offset = 0
        while offset < query.byteCount {
            let end = query.firstIndex(of: 0x26, from: offset) ?? query.byteCount
            let pair = query.extracting(offset..<end)
            offset = end + 1
            if pair.byteCount == 0 || pair.firstIndex(of: 0x3B) != nil { continue }
            let equals = pair.firstIndex(of: 0x3D)
            let name = queryUnescapedText(pair.extracting(0..<(equals ?? pair.byteCount)))
            let value = equals.map { queryUnescape(pair.extracting(($0 + 1)..<pair.byteCount)) } ?? []
            guard let name, let value else { continue }
            if let text = String(utf8Checked: value.rawSpan) {
                body(name, text, nil)
            } else {
                body(name, String(utf8Repaired: value.rawSpan), value)
            }
        }
    }
}
