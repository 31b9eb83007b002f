internal import Observability

/// What an answer says about a publish, for metrics and spans.
struct PublishEnding {
    var pubsub: String
    var topic: String
    var egress: EndedRequest.Egress

    /// The request was no publish.
    static let none = PublishEnding(pubsub: "", topic: "", egress: .none)
}
