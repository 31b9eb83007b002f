/// Why a body cannot be published as a CloudEvent.
package enum EnvelopeError: Error, Sendable, Equatable {
    /// `application/cloudevents+json` whose body does not begin with a JSON object.
    case notAnObject
    /// `application/cloudevents+json` with the body `null`: daprd drops the connection without an answer.
    case null
}

extension EnvelopeError: CustomStringConvertible {
    /// One line without a part of the body.
    package var description: String {
        switch self {
        case .notAnObject: "reading the CloudEvent: the body is not a JSON object"
        case .null: "reading the CloudEvent: the body is null"
        }
    }
}
