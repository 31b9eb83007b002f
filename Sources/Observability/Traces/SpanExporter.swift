internal import Bytes
package import Delivery
internal import Events

/// Hands every finished span to all collectors, and to the log where the Configuration wants them there. Confined to a shard.
package final class SpanExporter: SpanRecorder {
    package let collectors: [SpanCollector]
    private let log: Log?
    private let clock = RFC3339Clock(.utc)

    /// - Parameter log: gets a line for every span; nil writes none (`tracing.stdout`).
    package init(_ collectors: [SpanCollector], log: Log?) {
        self.collectors = collectors
        self.log = log?.scoped("dapr.runtime.trace")
    }

    package func record(_ span: FinishedSpan) {
        for collector in collectors { collector.take(span) }
        log?.info(line(span))
    }

    /// What exporting costs and loses, for a scrape.
    package func collect(into page: inout MetricPage, appID: String) {
        func family(_ name: String, _ kind: StaticString, _ help: String, _ number: (SpanQueue) -> Int) {
            page.family(
                name, kind, help, labels: ["app_id", "exporter"],
                collectors.map { ([appID, $0.format.rawValue], Double(number($0.queue))) })
        }
        family("martlet_spans_exported_total", "counter", "Spans that a collector took.") { $0.exported }
        family("martlet_spans_waiting", "gauge", "Spans that wait for their collector.") { $0.depth }
        family("martlet_spans_overflowed_total", "counter", "Spans dropped because too many waited.") { $0.overflowed }
        family("martlet_spans_refused_total", "counter", "Spans dropped because the collector refused them.") {
            $0.refused
        }
    }

    /// daprd's form: name, trace, parent and span, times.
    private func line(_ span: FinishedSpan) -> String {
        var trace: [UInt8] = []
        trace.appendHex(span.context.traceHigh)
        trace.appendHex(span.context.traceLow)
        var ids: [UInt8] = []
        ids.appendHex(span.parent)
        ids.append(0x2F)
        ids.appendHex(span.context.span)
        let start = String(decoding: clock.text(at: span.start), as: UTF8.self)
        let end = String(decoding: clock.text(at: span.end), as: UTF8.self)
        return "[\(span.name)] Trace: \(String(decoding: trace, as: UTF8.self)) "
            + "Span: \(String(decoding: ids, as: UTF8.self)) Time: [\(start) -> \(end)] "
            + "Duration: \((span.end - span.start) / 1000) µs"
    }
}
