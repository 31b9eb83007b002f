package import Events
package import Messaging

/// Why a publish request ends before or at the broker. The API gives it its status and words.
package enum PublishRefusal: Error, Sendable {
    /// No such component; with the request's metadata, which the answer repeats.
    case unknownComponent(metadata: [(key: String, value: String)])
    /// `rawPayload` is not a boolean.
    case badRawPayload(String, metadata: [(key: String, value: String)])
    /// The body says that it is a CloudEvent and is none.
    case notACloudEvent(EnvelopeError, body: [UInt8])
    /// The component's scopes forbid the topic.
    case forbidden
    /// The component or its broker.
    case broker(ComponentError)
}
