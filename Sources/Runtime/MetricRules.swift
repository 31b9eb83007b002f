internal import Observability
internal import Resources
internal import Rules

/// `spec.metric.rules`: values of labels are replaced where a pattern matches (spec 4.1).
enum MetricRules {
    /// What rewrites labels, nil without a rule; and what is wrong with the rules, whose bad patterns are left out.
    static func make(_ rules: [Configuration.Metrics.Rule]) -> (rewrite: MetricSettings.Rewrite?, complaints: [String])
    {
        var patterns: [String: [TextPattern]] = [:]
        var complaints: [String] = []
        for rule in rules {
            for label in rule.labels {
                var made: [TextPattern] = []
                for replacement in label.replacements {
                    do throws(TextPattern.Mistake) {
                        made.append(try TextPattern(replacement.pattern, replacement: replacement.value))
                    } catch {
                        complaints.append(
                            "metric rule for \(rule.name), label \(label.name): \(error); the pattern is left out")
                    }
                }
                patterns[key(rule.name, label.name)] = made
            }
        }
        let table = patterns.filter { !$0.value.isEmpty }
        guard !table.isEmpty else { return (nil, complaints) }
        let rewrite: MetricSettings.Rewrite = { metric, label, value in
            (table[key(metric, label)] ?? []).reduce(value) { $1.replacing(in: $0) }
        }
        return (rewrite, complaints)
    }

    /// A rule may write the name with or without daprd's prefix, with slashes or underscores.
    private static func key(_ metric: String, _ label: String) -> String {
        let name = metric.hasPrefix("dapr_") ? metric.dropFirst("dapr_".count) : metric[...]
        return String(name.map { $0 == "/" ? "_" : $0 }) + " " + label
    }
}
