/// What the Configuration says about metrics (spec 4.1), as this target understands it.
package struct MetricSettings: Sendable {
    /// Replaces values of labels as they are resolved: `(metric, label, value)` → the value that is shown.
    package typealias Rewrite = @Sendable (_ metric: String, _ label: String, _ value: String) -> String

    package var appID: String
    package var namespace = ""
    /// The upper bounds of latencies in milliseconds, ascending.
    package var latencyBuckets = MetricSettings.defaultLatencyBuckets
    /// Whether the `path` of HTTP metrics is the concrete one where no pattern matches.
    package var showsPaths = true
    /// Patterns of paths, in the notation of Go's ServeMux.
    package var pathPatterns: [String] = []
    /// Whether `method` is left empty.
    package var hidesMethods = false
    /// Whether `error_code_total` is counted.
    package var countsErrorCodes = false
    /// Nil where no rule is configured.
    package var rewrite: Rewrite?

    package init(appID: String) { self.appID = appID }

    /// daprd's (spec 4.1), in milliseconds.
    package static let defaultLatencyBuckets = [
        1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40, 50, 65, 80, 100, 130, 160, 200, 250, 300, 400, 500, 650, 800,
        1000, 2000, 5000, 10000, 20000, 50000, 100_000,
    ]

    /// daprd's, in bytes.
    static let sizeBuckets = [
        1 << 10, 2 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20,
        1 << 30, 4 << 30,
    ]

    /// Buckets as a user may write them: sorted, without those that are not positive or come twice; the default where none is left.
    package static func latencyBuckets(_ given: [Int]?) -> [Int] {
        let usable = Set((given ?? []).filter { $0 > 0 && $0 <= 1_000_000_000 })
        return usable.isEmpty ? defaultLatencyBuckets : usable.sorted()
    }
}
