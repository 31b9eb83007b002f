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
    /// The body of a bulk request is no list of entries.
    case malformedBulk(BulkPublishFault, body: [UInt8])
    /// The event of an entry is not what its content type says.
    case entryContent(EntryContent)
    /// An entry has no id, or that of an earlier one.
    case entryIDs
    /// The component's scopes forbid the topic.
    case forbidden
    /// The component or its broker.
    case broker(ComponentError)

    /// What is wrong with the event of an entry.
    package enum EntryContent: Sendable, Equatable {
        /// It is no string where one is needed, or the content type is none that a bulk request may have.
        case mismatch
        /// It is not base64, from this byte on.
        case base64(at: Int)
    }
}
