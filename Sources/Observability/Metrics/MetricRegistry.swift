/// All metrics of one sidecar. Confined to its shard; written out only when somebody scrapes.
package final class MetricRegistry {
    /// Series of one metric. Beyond it values from outside (paths, topics) become `other`, so that nobody can fill the memory or the scraper
    /// by asking for ever new names; closed labels (status, method) go on.
    package static let seriesLimit = 512
    package static let otherValue = "other"

    package let settings: MetricSettings
    private var families: [any MetricWriter] = []
    private var collectors: [(inout MetricPage) -> Void] = []

    package init(_ settings: MetricSettings) { self.settings = settings }

    /// A metric that counts.
    package func counter(
        _ name: String, _ help: String, labels: [String], open: Set<String> = []
    ) -> MetricFamily<Counter> {
        add(
            MetricFamily(name, help, labels: labels, open: open, rewrite: settings.rewrite) { Counter() })
    }

    /// A metric that sorts values into buckets.
    package func distribution(
        _ name: String, _ help: String, labels: [String], open: Set<String> = [], _ shape: Distribution.Shape
    ) -> MetricFamily<Distribution> {
        add(
            MetricFamily(name, help, labels: labels, open: open, rewrite: settings.rewrite) { Distribution(shape) })
    }

    /// Has a function add what is known only when somebody asks.
    package func collect(_ collector: @escaping (inout MetricPage) -> Void) { collectors.append(collector) }

    /// Everything, as it is now.
    package func page() -> [UInt8] {
        var page = MetricPage()
        for family in families { family.write(to: &page) }
        for collector in collectors { collector(&page) }
        page.family(
            "martlet_metrics_series_folded_total", "counter",
            "How often a value became \"other\" because its metric had \(MetricRegistry.seriesLimit) series.",
            labels: ["metric"],
            families.filter { $0.folded > 0 }.map { ([$0.name], Double($0.folded)) })
        return page.bytes
    }

    private func add<Sample: MetricSample>(_ family: MetricFamily<Sample>) -> MetricFamily<Sample> {
        families.append(family)
        return family
    }
}
