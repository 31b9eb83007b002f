/// Makes trees of events: a pure machine that is fed one event after the other and refuses to grow beyond its limits.
struct YAMLTreeBuilder {
    /// A sequence or mapping that is not closed yet.
    private struct Open {
        var isMapping: Bool
        var anchor: String?
        var mark: Mark
        var children: [YAMLNode] = []
        /// The nodes in it so far, itself included.
        var nodes = 1
        /// The levels of nesting below it so far.
        var height = 0
    }

    /// A complete node with what it counts against the limits.
    private struct Built {
        var node: YAMLNode
        var nodes: Int
        /// The levels of sequences and mappings in it, itself included.
        var height: Int
    }

    private let limits: YAMLLimits
    private var open: [Open] = []
    private var anchors: [String: Built] = [:]
    private var nodes = 0

    /// The documents that are complete.
    private(set) var documents: [YAMLNode] = []

    init(limits: YAMLLimits) { self.limits = limits }

    /// Takes one event.
    mutating func take(_ event: YAMLEvent) throws(YAMLError) {
        switch event.kind {
        case .documentStart:
            anchors.removeAll(keepingCapacity: true)
        case .scalar(let scalar, let anchor):
            try count(1, at: event.mark)
            add(Built(node: YAMLNode(.scalar(scalar), at: event.mark), nodes: 1, height: 0), anchor: anchor)
        case .alias(let name):
            try expand(name, at: event.mark)
        case .sequenceStart(let anchor):
            try begin(Open(isMapping: false, anchor: anchor, mark: event.mark))
        case .mappingStart(let anchor):
            try begin(Open(isMapping: true, anchor: anchor, mark: event.mark))
        case .sequenceEnd, .mappingEnd:
            end()
        case .documentEnd, .streamEnd, .other:
            break
        }
    }

    private mutating func begin(_ container: Open) throws(YAMLError) {
        try checkDepth(open.count + 1, at: container.mark)
        try count(1, at: container.mark)
        // An alias to a node that is still open would contain itself.
        if let anchor = container.anchor { anchors[anchor] = nil }
        open.append(container)
    }

    private mutating func end() {
        guard let closed = open.popLast() else { return }
        let content: YAMLNode.Content =
            closed.isMapping ? .mapping(Self.entries(closed.children)) : .sequence(closed.children)
        let node = YAMLNode(content, at: closed.mark)
        add(Built(node: node, nodes: closed.nodes, height: closed.height + 1), anchor: closed.anchor)
    }

    private mutating func expand(_ name: String, at mark: Mark) throws(YAMLError) {
        if open.contains(where: { $0.anchor == name }), anchors[name] == nil {
            throw YAMLError(problem: "anchor '\(name)' value contains itself", mark: mark, goLine: 0)
        }
        guard let anchored = anchors[name] else {
            throw YAMLError(problem: "unknown anchor '\(name)' referenced", mark: mark, goLine: 0)
        }
        try count(anchored.nodes, at: mark)
        try checkDepth(open.count + anchored.height, at: mark)
        add(anchored, anchor: nil)
    }

    private func checkDepth(_ depth: Int, at mark: Mark) throws(YAMLError) {
        guard depth <= limits.depth else { throw fault("nested deeper than \(limits.depth) levels", at: mark) }
    }

    private mutating func count(_ added: Int, at mark: Mark) throws(YAMLError) {
        guard added <= limits.nodes - nodes else {
            throw fault("more than \(limits.nodes) nodes, with aliases expanded", at: mark)
        }
        nodes += added
    }

    private mutating func add(_ built: Built, anchor: String?) {
        if let anchor { anchors[anchor] = built }
        guard let last = open.indices.last else {
            documents.append(built.node)
            return
        }
        open[last].children.append(built.node)
        open[last].nodes += built.nodes
        open[last].height = max(open[last].height, built.height)
    }

    private func fault(_ problem: String, at mark: Mark) -> YAMLError {
        YAMLError(problem: problem, mark: mark, goLine: mark.line)
    }

    /// Pairs keys and values, and puts what a merge key (`<<`) names in front of the mapping's own entries, which win.
    private static func entries(_ children: [YAMLNode]) -> [YAMLNode.Entry] {
        var own: [YAMLNode.Entry] = []
        var merged: [YAMLNode.Entry] = []
        var index = 0
        while index + 1 < children.count {
            let entry = YAMLNode.Entry(key: children[index], value: children[index + 1])
            index += 2
            if isMergeKey(entry.key), let sources = mergeSources(entry.value) {
                // Of several sources the earlier one wins, and look-ups give the last entry.
                for source in sources.reversed() {
                    merged += source.map { YAMLNode.Entry(key: $0.key, value: $0.value, isMerged: true) }
                }
            } else {
                own.append(entry)
            }
        }
        return merged + own
    }

    private static func isMergeKey(_ key: YAMLNode) -> Bool {
        guard let scalar = key.scalar else { return false }
        return scalar.text == "<<" && scalar.style == .plain && scalar.tag == nil || scalar.tag == "!!merge"
    }

    private static func mergeSources(_ value: YAMLNode) -> [[YAMLNode.Entry]]? {
        switch value.content {
        case .mapping(let entries): return [entries]
        case .sequence(let elements):
            let sources = elements.compactMap(\.entries)
            return sources.count == elements.count ? sources : nil
        case .scalar: return nil
        }
    }
}
