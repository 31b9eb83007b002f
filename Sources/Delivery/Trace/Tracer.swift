package import Bytes
package import Events

/// Which trace ids an event carries (spec 4.1, "Tracing semantics").
///
/// Confined to a shard. Exporting spans is somebody else's work; ids are made and passed on here, whether anything is exported or not.
package final class Tracer {
    package enum Mode: Sendable, Equatable {
        /// `samplingRate: "0"`: no ids at all.
        case off
        /// Nothing is configured: what a caller sends is passed on unchanged, and nothing is made.
        case passThrough
        /// New ids, children of what a caller sends; the fraction of new traces that are marked as sampled.
        case generate(samplingRate: Double)
    }

    package let mode: Mode
    /// Who takes finished spans; nil where nothing exports any.
    package var recorder: (any SpanRecorder)?
    /// Whether spans of publishes and deliveries say that they are; else they are clients' spans, as all of daprd's.
    package var showsMessagingKinds = false
    private let random: RandomPool
    private let threshold: UInt64

    package init(mode: Mode, random: RandomPool) {
        self.mode = mode
        self.random = random
        if case .generate(let rate) = mode {
            threshold = rate >= 1 ? .max : UInt64(max(rate, 0) * Double(UInt64.max >> 1)) << 1
        } else {
            threshold = 0
        }
    }

    /// The span of a request, from the caller's `traceparent`. Nil where there are no ids at all; all zeros where none came and none are made.
    package func requestSpan(caller: TraceContext?) -> TraceContext? {
        switch mode {
        case .off: nil
        case .passThrough: caller ?? .zero
        case .generate: child(of: caller)
        }
    }

    /// The span of one entry of a bulk request, below the request's.
    package func entrySpan(request: TraceContext?) -> TraceContext? {
        guard case .generate = mode, let request else { return request }
        return request.child(random)
    }

    /// The span of a delivery, from the event's own trace. Nil where the call to the app carries no `traceparent`.
    package func deliverySpan(event: TraceContext?) -> TraceContext? {
        switch mode {
        case .off: nil
        case .passThrough: event ?? .zero
        case .generate: child(of: event)
        }
    }

    /// Who takes this span when it is over; nil where nobody wants it: that is the one check of an event that is not traced.
    package func recorder(of span: TraceContext?) -> (any SpanRecorder)? {
        guard let recorder, let span, span.isSampled, span.isValid else { return nil }
        return recorder
    }

    /// The kind of a span that publishes or delivers.
    package func kind(_ messaging: FinishedSpan.Kind) -> FinishedSpan.Kind {
        showsMessagingKinds ? messaging : .client
    }

    private func child(of parent: TraceContext?) -> TraceContext {
        if let parent { return parent.child(random) }
        return .root(isSampled: threshold == .max || random.next() < threshold, random)
    }
}
