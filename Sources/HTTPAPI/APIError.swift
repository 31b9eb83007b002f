internal import Bytes
package import Delivery
internal import Events

/// An error of the API as the caller gets it: status, `errorCode`, message, and Google RPC details where daprd sends them (spec 1.1, 5.0).
package struct APIError: Error, Sendable, Equatable {
    package var status: Int
    package var code: String
    package var message: String
    package var details: Details?

    /// The details of pub/sub errors.
    package struct Details: Sendable, Equatable {
        /// The component that a `ResourceInfo` names; nil leaves the entry out.
        package var resource: String?
        package var reason: String
        package var metadata: [(key: String, value: String)]

        package init(resource: String?, reason: String, metadata: [(key: String, value: String)]) {
            self.resource = resource
            self.reason = reason
            self.metadata = metadata
        }

        package static func == (left: Details, right: Details) -> Bool {
            left.resource == right.resource && left.reason == right.reason
                && left.metadata.elementsEqual(right.metadata, by: ==)
        }
    }

    package init(status: Int, code: String, message: String, details: Details? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.details = details
    }

    /// The JSON body, members in daprd's order.
    package var body: [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(512)
        body.append(utf8: #"{"errorCode":"# as StaticString)
        JSONWriter.appendString(code, to: &body)
        body.append(utf8: #","message":"# as StaticString)
        JSONWriter.appendString(message, to: &body)
        if let details { append(details, to: &body) }
        body.append(0x7D)
        return body
    }

    private func append(_ details: Details, to body: inout [UInt8]) {
        body.append(utf8: #","details":["# as StaticString)
        if let resource = details.resource {
            body.append(utf8: #"{"@type":"type.googleapis.com/google.rpc.ResourceInfo","description":"# as StaticString)
            JSONWriter.appendString(message, to: &body)
            body.append(utf8: #","owner":"","resource_name":"# as StaticString)
            JSONWriter.appendString(resource, to: &body)
            body.append(utf8: #","resource_type":"pubsub"},"# as StaticString)
        }
        body.append(
            utf8: #"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io","metadata":{"#
                as StaticString)
        for (index, pair) in details.metadata.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { body.append(0x2C) }
            JSONWriter.appendString(pair.key, to: &body)
            body.append(0x3A)
            JSONWriter.appendString(pair.value, to: &body)
        }
        body.append(utf8: #"},"reason":"# as StaticString)
        JSONWriter.appendString(details.reason, to: &body)
        body.append(utf8: "}]" as StaticString)
    }
}

extension APIError {
    /// What every unknown path and method is answered: daprd takes it for a service invocation without an app id.
    package static let unknownPath = APIError(
        status: 404, code: "ERR_DIRECT_INVOKE",
        message: "failed getting app id either from the URL path or the header dapr-app-id")

    /// Readiness, with what is waited for.
    package static func notReady(_ targets: [String]) -> APIError {
        APIError(
            status: 500, code: "ERR_HEALTH_NOT_READY",
            message: "dapr is not ready: [\(targets.joined(separator: " "))]")
    }

    /// Health of the API alone.
    package static let outboundNotReady = APIError(
        status: 500, code: "ERR_OUTBOUND_HEALTH_NOT_READY", message: "dapr outbound is not ready")

    /// `?appid=` names another app.
    package static let otherAppID = APIError(
        status: 500, code: "ERR_HEALTH_APPID_NOT_MATCH", message: "dapr app-id does not match")

    /// A refused publish, as daprd answers it; the table of spec 1.1.
    package static func publish(_ refusal: PublishRefusal, pubsub: String, topic: String, appID: String) -> APIError {
        switch refusal {
        case .unknownComponent(let metadata):
            return pubSub(404, "NOT_FOUND", "pubsub \(pubsub) is not found", nil, "NOT_FOUND", metadata)
        case .badRawPayload(let value, let metadata):
            let message =
                "failed deserializing metadata. Error: rawPayload value must be a valid boolean: actual is '\(value)'"
            return pubSub(400, "REQUEST_METADATA", message, pubsub, "METADATA_DESERIALIZATION", metadata)
        case .notACloudEvent(_, let body):
            return pubSub(
                500, "CLOUD_EVENTS_SER", "cannot create cloudevent", pubsub, "CLOUD_EVENT_CREATION",
                [("appID", appID), ("error", JSONComplaint.text(objectExpectedIn: body))])
        case .malformedBulk(let fault, let body):
            return bulkUnreadable(JSONComplaint.text(fault, in: body), pubsub: pubsub, topic: topic, appID: appID)
        case .entryContent(let content):
            let reason = reason(content)
            return pubSub(
                400, "EVENTS_SER",
                "error when marshalling cloud event envelope for topic \(topic) pubsub \(pubsub): \(reason)", pubsub,
                "MARSHAL_ENVELOPE", [("appID", appID), ("error", reason)])
        case .entryIDs:
            let reason = "entryId is duplicated or not present for entry"
            return pubSub(
                400, "EVENTS_SER",
                "error marshaling events to bytes for topic \(topic) pubsub \(pubsub). error: \(reason)", pubsub,
                "MARSHAL_EVENTS", [("appID", appID), ("error", reason)])
        case .forbidden:
            let message = "topic \(topic) is not allowed for app id \(appID)"
            return pubSub(403, "FORBIDDEN", message, pubsub, "FORBIDDEN", [("topic", topic), ("error", message)])
        case .broker(let error):
            return publishFailed("\(error)", pubsub: pubsub, topic: topic)
        }
    }

    /// The broker refused, or the body could not be read.
    package static func publishFailed(_ reason: String, pubsub: String, topic: String) -> APIError {
        pubSub(
            500, "PUBLISH_MESSAGE", "error when publishing to topic \(topic) in pubsub \(pubsub): \(reason)", pubsub,
            "PUBLISH_MESSAGE", [("topic", topic), ("error", reason)])
    }

    /// The list of a bulk publish could not be read.
    package static func bulkUnreadable(_ reason: String, pubsub: String, topic: String, appID: String) -> APIError {
        pubSub(
            400, "EVENTS_SER",
            "error when unmarshaling the request for topic \(topic) pubsub \(pubsub): \(reason)", pubsub,
            "UNMARSHAL_EVENTS", [("appID", appID)])
    }

    private static func reason(_ content: PublishRefusal.EntryContent) -> String {
        switch content {
        case .mismatch: "error: mismatch between contentType and event"
        // daprd's own spelling.
        case .base64(let offset):
            "error: unable to decode base64 application/octect-stream data: illegal base64 data at input byte \(offset)"
        }
    }

    private static func pubSub(
        _ status: Int, _ code: String, _ message: String, _ resource: String?, _ reason: String,
        _ metadata: [(key: String, value: String)]
    ) -> APIError {
        APIError(
            status: status, code: "ERR_PUBSUB_" + code, message: message,
            details: Details(resource: resource, reason: "DAPR_PUBSUB_" + reason, metadata: metadata))
    }
}
