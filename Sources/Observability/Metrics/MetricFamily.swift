internal import Bytes

/// One metric with all its series. Series are resolved once and kept by whoever counts; looking one up is not for the way of an event.
package final class MetricFamily<Sample: MetricSample> {
    package let name: String
    private let help: String
    /// In alphabetical order, as daprd writes them.
    private let labels: [String]
    /// Which labels take values from outside: beyond the bound they become `other`.
    private let open: Set<String>
    private let rewrite: MetricSettings.Rewrite?
    private let make: () -> Sample
    private var series: [(labels: [UInt8], sample: Sample)] = []
    private var indices: [[UInt8]: Int] = [:]
    /// How often a series was asked for beyond the bound and `other` was given.
    private(set) var folded = 0

    init(
        _ name: String, _ help: String, labels: [String], open: Set<String>, rewrite: MetricSettings.Rewrite?,
        make: @escaping () -> Sample
    ) {
        precondition(labels == labels.sorted(), "labels are in alphabetical order: \(name)")
        self.name = name
        self.help = help
        self.labels = labels
        self.open = open
        self.rewrite = rewrite
        self.make = make
    }

    /// The series of these values, one for each label in their order. At the bound it is the one whose open labels say `other`.
    package func series(_ values: [String]) -> Sample {
        precondition(values.count == labels.count, "a value for each label: \(name)")
        var shown = values
        if let rewrite {
            for (index, label) in labels.enumerated() where !shown[index].isEmpty {
                shown[index] = rewrite(name, label, shown[index])
            }
        }
        if let found = existing(shown) { return found }
        if series.count >= MetricRegistry.seriesLimit {
            folded += 1
            for (index, label) in labels.enumerated() where open.contains(label) {
                shown[index] = MetricRegistry.otherValue
            }
            if let found = existing(shown) { return found }
        }
        let sample = make()
        let text = MetricPage.labels(labels, shown)
        indices[text] = series.count
        series.append((text, sample))
        return sample
    }

    private func existing(_ values: [String]) -> Sample? {
        indices[MetricPage.labels(labels, values)].map { series[$0].sample }
    }
}

/// A family of any kind, as the registry writes it.
protocol MetricWriter: AnyObject {
    var name: String { get }
    var folded: Int { get }
    func write(to page: inout MetricPage)
}

extension MetricFamily: MetricWriter {
    /// A metric without a series is not shown, as in daprd.
    func write(to page: inout MetricPage) {
        guard !series.isEmpty else { return }
        page.begin(name, Sample.kind, help)
        for (labels, sample) in series { sample.write(name, labels, to: &page) }
    }
}
