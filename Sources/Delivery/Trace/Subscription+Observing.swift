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
        record(span, of: flight, status: status, with: recorder)
    }

    /// Named and described as daprd does (spec 4.1). A call without an answer is a failure here; in daprd its span is never ended.
    private func record(_ span: TraceContext, of flight: Flight, status: Int, with recorder: any SpanRecorder) {
        let end = scheduler.wallClock
        let elapsed = Int64(clamping: scheduler.now.elapsed(since: flight.called).wholeNanoseconds)
        recorder.record(
            FinishedSpan(
                context: span, parent: flight.event?.trace?.span ?? 0, name: "pubsub/\(plan.topic)",
                start: end - elapsed, end: end,
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
