internal import Delivery
internal import HTTP
internal import Observability

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
            refuse(exchange, error, pubsub: pubsub, topic: topic, trace, forbidden: .bulkFailed)
        }
    }

    /// Every entry has ended: all are stored, or the answer says which are not.
    func answer(_ call: BulkPublishCall) {
        pending.endBulk(events: call.ids.count, bytes: call.size)
        guard !call.failures.isEmpty else {
            answerEmpty(call.exchange, call.trace, ending(of: call, .bulkStored))
            return noteEntries(call, 204)
        }
        let failure = BulkPublishFailure(call)
        call.exchange.respond(500, body: failure.body) { fields in
            fields.add("Content-Type", "application/json")
            call.trace.append(to: &fields)
            fields.add("metadata.error", failure.message)
            if failure.body.count <= BulkPublishFailure.headerLimit {
                fields.add("metadata.responseData", failure.body)
            }
        }
        noteAnswer(call.exchange, 500, failure.body.count, call.trace, ending(of: call, .bulkFailed))
        noteEntries(call, 500)
    }

    private func ending(of call: BulkPublishCall, _ egress: EndedRequest.Egress) -> PublishEnding {
        PublishEnding(pubsub: call.pubsub, topic: call.topic, egress: egress)
    }
}
