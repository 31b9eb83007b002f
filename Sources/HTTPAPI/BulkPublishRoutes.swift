internal import Delivery
internal import HTTP

/// `POST /v1.0/publish/bulk/{pubsub}/{topic}` (spec 1.2).
extension APIServer {
    func bulkPublish(_ exchange: HTTPExchange, pubsub: String, topic: String, _ trace: RequestTrace) {
        let request = BulkPublishRequest(
            pubsub: pubsub, topic: topic, body: exchange.body, metadata: APIServer.metadata(of: exchange),
            trace: trace.span, traceState: trace.state)
        do {
            if exchange.isBodyTooLarge {
                try publisher.check(pubsub, request.metadata)
                let refusal = APIError.bulkUnreadable("stream too large", pubsub: pubsub, topic: topic, appID: appID)
                return answer(exchange, refusal, trace)
            }
            let bulk = try publisher.prepare(request, tracer)
            guard !bulk.ids.isEmpty else { return answerEmpty(exchange, trace) }
            guard pending.addBulk(events: bulk.ids.count, bytes: bulk.size) else {
                return refuseOverload(exchange, pubsub: pubsub, topic: topic, trace)
            }
            let call = BulkPublishCall(bulk, exchange, trace, pubsub: pubsub, topic: topic, api: self)
            publisher.publish(bulk, completion: call)
        } catch {
            refuse(exchange, error, pubsub: pubsub, topic: topic, trace)
        }
    }

    /// Every entry has ended: all are stored, or the answer says which are not.
    func answer(_ call: BulkPublishCall) {
        pending.endBulk(events: call.ids.count, bytes: call.size)
        guard !call.failures.isEmpty else { return answerEmpty(call.exchange, call.trace) }
        let failure = BulkPublishFailure(call)
        call.exchange.respond(500, body: failure.body) { fields in
            fields.add("Content-Type", "application/json")
            call.trace.append(to: &fields)
            fields.add("metadata.error", failure.message)
            if failure.body.count <= BulkPublishFailure.headerLimit {
                fields.add("metadata.responseData", failure.body)
            }
        }
    }
}
