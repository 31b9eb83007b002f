/// The subscriptions of an in-memory component, found by what they match.
struct InMemorySources {
    /// All of them, in the order in which they came.
    private(set) var all: [InMemorySource] = []
    private var exact: [String: [InMemorySource]] = [:]
    private var patterns: [InMemorySource] = []

    mutating func add(_ source: InMemorySource) {
        all.append(source)
        if source.isPattern { patterns.append(source) } else { exact[source.topic, default: []].append(source) }
    }

    mutating func remove(_ source: InMemorySource) {
        all.removeAll { $0 === source }
        patterns.removeAll { $0 === source }
        exact[source.topic]?.removeAll { $0 === source }
        if exact[source.topic]?.isEmpty == true { exact[source.topic] = nil }
    }

    /// Those that an event of a topic goes to.
    func takers(of topic: String) -> [InMemorySource] {
        let exact = exact[topic] ?? []
        return patterns.isEmpty ? exact : exact + patterns.filter { $0.matches(topic) }
    }
}
