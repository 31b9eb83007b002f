/// Reads YAML texts into trees.
package enum YAMLReader {
    /// All documents of a text; empty where it has none.
    ///
    /// - Throws: the first fault, with its place; also where a limit is exceeded.
    package static func documents(
        in bytes: [UInt8], limits: YAMLLimits = YAMLLimits()
    ) throws(YAMLError) -> [YAMLNode] {
        try read(bytes, limits: limits, stopsAfterFirst: false)
    }

    /// The first document of a text, `nil` where it has none. What follows the first document is not looked at.
    package static func firstDocument(
        in bytes: [UInt8], limits: YAMLLimits = YAMLLimits()
    ) throws(YAMLError) -> YAMLNode? {
        try read(bytes, limits: limits, stopsAfterFirst: true).first
    }

    private static func read(
        _ bytes: [UInt8], limits: YAMLLimits, stopsAfterFirst: Bool
    ) throws(YAMLError) -> [YAMLNode] {
        guard bytes.count <= limits.bytes else {
            throw YAMLError(problem: "longer than \(limits.bytes) bytes", mark: .start, goLine: 0)
        }
        var builder = YAMLTreeBuilder(limits: limits)
        try LibYAML.events(of: bytes) { (event) throws(YAMLError) in
            try builder.take(event)
            switch event.kind {
            case .streamEnd: return false
            case .documentEnd: return !stopsAfterFirst
            default: return true
            }
        }
        return builder.documents
    }
}
