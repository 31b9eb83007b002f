internal import Events
package import Messaging

/// What is told about a subscription's calls to the app: to metrics always, to exporters where the call is sampled.
extension Subscription {
    /// A call is over. `status` is zero where the app did not answer.
    func noteCallEnded(_ slot: LaneEngine.Slot, _ outcome: EndedCall.Outcome, status: Int, answerBytes: Int) {
        guard wantsCalls || tracer.recorder != nil, let flight = flights[Int(slot.index)] else { return }
        if wantsCalls {
            observer.called(
                self,
                EndedCall(
                    outcome: outcome, status: status, began: flight.called, target: flight.target,
                    requestBytes: flight.event?.body.count ?? 0, answerBytes: answerBytes))
        }
        guard let recorder = tracer.recorder(of: flight.span), let span = flight.span else { return }
        let parent = flight.event?.trace?.span ?? 0
        record(span, parent: parent, began: flight.called, status: status, with: recorder)
    }

    /// A bulk call is over: one call, one span, a verdict for each event.
    func noteBulkCallEnded(_ note: BulkCallNote, _ answer: AppAnswer, _ outcomes: [EndedCall.Outcome]) {
        var (status, bytes) = (0, 0)
        if case .answered(let code, let body) = answer { (status, bytes) = (code, body.count) }
        if wantsCalls {
            observer.calledInBulk(
                self,
                EndedCall(
                    outcome: .success, status: status, began: note.began, target: note.target,
                    requestBytes: note.bytes, answerBytes: bytes),
                outcomes)
        }
        guard let recorder = tracer.recorder(of: note.span), let span = note.span else { return }
        record(span, parent: note.parent, began: note.began, status: status, with: recorder)
    }

    /// Named and described as daprd does (spec 4.1). A call without an answer is a failure here; in daprd its span is never ended.
    private func record(
        _ span: TraceContext, parent: UInt64, began: Instant, status: Int, with recorder: any SpanRecorder
    ) {
        let end = scheduler.wallClock
        recorder.record(
            FinishedSpan(
                kind: tracer.kind(.consumer), context: span, parent: parent, name: "pubsub/\(plan.topic)",
                start: end - Int64(clamping: elapsed(since: began)), end: end,
                attributes: [
                    .init("messaging.system", "pubsub"), .init("messaging.destination.name", plan.topic),
                ], status: status))
    }

    /// Nanoseconds since an earlier moment, on the subscription's clock.
    package func elapsed(since moment: Instant) -> UInt64 { scheduler.now.nanoseconds &- moment.nanoseconds }

    /// When the event came that has been here longest; nil where there is none. For a look at the whole: it reads every slot.
    package var oldestArrival: Instant? {
        flights.lazy.compactMap { $0?.arrived }.min()
    }
}

/// What is remembered of a bulk call for metrics and its span.
struct BulkCallNote {
    var began: Instant
    var target: [UInt8]
    var bytes: Int
    var span: TraceContext?
    var parent: UInt64
}
