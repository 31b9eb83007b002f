internal import Bytes

/// One answer to a scrape: Prometheus' text format, version 0.0.4.
package struct MetricPage {
    package static let contentType: StaticString = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var bytes: [UInt8] = []

    /// Begins a metric; its samples follow.
    package mutating func begin(_ name: String, _ kind: StaticString, _ help: String) {
        bytes.append(utf8: "# HELP ")
        bytes.append(utf8: name)
        bytes.append(0x20)
        MetricPage.appendEscaped(help, quote: false, to: &bytes)
        bytes.append(utf8: "\n# TYPE ")
        bytes.append(utf8: name)
        bytes.append(0x20)
        bytes.append(utf8: kind)
        bytes.append(0x0A)
    }

    /// One sample with labels as `labels(_:)` writes them.
    package mutating func sample(_ name: String, _ suffix: StaticString, _ labels: [UInt8], _ value: Int) {
        head(name, suffix, labels)
        bytes.appendDecimal(value)
        bytes.append(0x0A)
    }

    package mutating func sample(_ name: String, _ suffix: StaticString, _ labels: [UInt8], _ value: Double) {
        head(name, suffix, labels)
        bytes.append(utf8: MetricNumber.text(value))
        bytes.append(0x0A)
    }

    /// One bucket of a histogram.
    mutating func bucket(_ name: String, _ labels: [UInt8], upTo bound: String, _ value: Int) {
        bytes.append(utf8: name)
        bytes.append(utf8: "_bucket{")
        bytes.append(contentsOf: labels)
        if !labels.isEmpty { bytes.append(0x2C) }
        bytes.append(utf8: "le=\"")
        bytes.append(utf8: bound)
        bytes.append(utf8: "\"} ")
        bytes.appendDecimal(value)
        bytes.append(0x0A)
    }

    /// A metric with samples that are known now: a gauge, or a count that somebody else keeps.
    package mutating func family(
        _ name: String, _ kind: StaticString, _ help: String, labels: [String] = [],
        _ samples: [(values: [String], number: Double)]
    ) {
        guard !samples.isEmpty else { return }
        begin(name, kind, help)
        for sample in samples { self.sample(name, "", MetricPage.labels(labels, sample.values), sample.number) }
    }

    private mutating func head(_ name: String, _ suffix: StaticString, _ labels: [UInt8]) {
        bytes.append(utf8: name)
        bytes.append(utf8: suffix)
        if !labels.isEmpty {
            bytes.append(0x7B)
            bytes.append(contentsOf: labels)
            bytes.append(0x7D)
        }
        bytes.append(0x20)
    }

    /// `name="value",name="value"`: every label is there, also an empty one (spec 6.4).
    static func labels(_ names: [String], _ values: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in zip(names, values) {
            if !bytes.isEmpty { bytes.append(0x2C) }
            bytes.append(utf8: name)
            bytes.append(utf8: "=\"")
            appendEscaped(value, quote: true, to: &bytes)
            bytes.append(0x22)
        }
        return bytes
    }

    private static func appendEscaped(_ text: String, quote: Bool, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case 0x5C: bytes.append(utf8: "\\\\")
            case 0x0A: bytes.append(utf8: "\\n")
            case 0x22 where quote: bytes.append(utf8: "\\\"")
            default: bytes.append(byte)
            }
        }
    }
}
