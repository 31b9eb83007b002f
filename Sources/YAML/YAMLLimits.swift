/// The bounds within which a text is read. Beyond any of them reading ends with a `YAMLError`, and nothing of the text is used.
package struct YAMLLimits: Sendable {
    /// The largest text, in bytes.
    package var bytes: Int
    /// The deepest nesting of sequences and mappings.
    package var depth: Int
    /// The most nodes of all documents of a text together; what an alias stands for counts again each time.
    package var nodes: Int

    package init(bytes: Int = maximumBytes, depth: Int = maximumDepth, nodes: Int = maximumNodes) {
        self.bytes = bytes
        self.depth = depth
        self.nodes = nodes
    }

    /// 1 MiB.
    package static let maximumBytes = 1 << 20
    /// 64 levels.
    package static let maximumDepth = 64
    /// 50,000 nodes.
    package static let maximumNodes = 50_000
}
