/// What HTTP metrics show as `path` (spec 6.4).
struct PathLabel: Sendable {
    private static let staticPaths: Set<String> = ["/dapr/config", "/dapr/metrics", "/dapr/subscribe", "/healthz"]

    private let patterns: PathPatterns
    private let showsPaths: Bool

    init(_ settings: MetricSettings) {
        patterns = PathPatterns(settings.pathPatterns)
        showsPaths = settings.showsPaths
    }

    /// The label of a path without its query, escapes decoded.
    func text(_ path: String) -> String {
        if PathLabel.staticPaths.contains(path) { return path }
        if let pattern = patterns.match(path) { return pattern }
        let collapsed = PathLabel.collapsed(path)
        if collapsed != path, let pattern = patterns.match(collapsed), pattern != "/" { return pattern }
        return showsPaths ? collapsed : ""
    }

    /// Without the ids that daprd leaves out: keys of states and secrets, actors, workflow instances.
    static func collapsed(_ path: String) -> String {
        guard !path.isEmpty else { return "" }
        let path = PathPatterns.normalised(path)
        var parts = path.dropFirst().split(separator: "/", maxSplits: 5, omittingEmptySubsequences: false)
            .map(String.init)
        guard parts.count >= 3 else { return path }
        if parts[0] == "actors" {
            parts[2] = "{id}"
            return parts.joined(separator: "/")
        }
        switch parts[1] {
        case "state", "secrets":
            return "/" + parts[..<3].joined(separator: "/")
        case "actors":
            guard parts.count >= 5 else { return path }
            parts[3] = "{id}"
            return "/" + parts[..<5].joined(separator: "/")
        case "workflows":
            return workflow(parts) ?? path
        default:
            return path
        }
    }

    private static func workflow(_ parts: [String]) -> String? {
        var parts = parts
        guard parts.count >= 4 else { return nil }
        if parts.count == 5, parts[4].hasPrefix("start") { return "/" + parts[..<4].joined(separator: "/") + "/start" }
        parts[3] = "{instanceId}"
        if parts.count == 6, parts[4] == "raiseEvent", !parts[5].isEmpty {
            parts[5] = "{eventName}"
            return "/" + parts.joined(separator: "/")
        }
        return "/" + parts.prefix(5).joined(separator: "/")
    }
}
