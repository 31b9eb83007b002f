extension RawSpan {
    /// Whether the UTF-8 of a text occurs anywhere in the span; an empty text does. For what is looked at once.
    package func contains(_ text: StaticString) -> Bool {
        guard text.utf8CodeUnitCount > 0 else { return true }
        let first = unsafe text.utf8Start.pointee
        var offset = 0
        while let start = firstIndex(of: first, from: offset) {
            if extracting(start..<byteCount).starts(with: text) { return true }
            offset = start + 1
        }
        return false
    }
}

extension String {
    /// Whether a text occurs in this one, byte by byte. The standard library's `contains` of a text links the whole of Regex, 1.5 MB.
    package func contains(text: StaticString) -> Bool { withRawSpan { $0.contains(text) } }
}
