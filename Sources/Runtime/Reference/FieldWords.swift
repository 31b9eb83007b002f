internal import Messaging
internal import Resources

extension FieldType {
    /// What a field takes, in words.
    var words: String {
        switch self {
        case .text: "text"
        case .bool: "true or false"
        case .integer(let range) where range.upperBound >= Int(Int32.max):
            range.lowerBound == 0 ? "whole number" : "whole number from \(range.lowerBound) on"
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .duration(let unit): "duration" + (Self.name(of: unit).map { " (bare numbers are \($0))" } ?? "")
        case .quantity: "size, such as 512Mi"
        case .choice(let words): words.joined(separator: " or ")
        }
    }

    private static func name(of unit: Duration) -> String? {
        switch unit {
        case .milliseconds(1): "milliseconds"
        case .seconds(1): "seconds"
        default: nil
        }
    }
}

extension ResourceField.Shape {
    /// What a field takes, in words.
    var words: String {
        switch self {
        case .value(let type): type.words
        case .number: "number"
        case .any: "any value"
        case .texts: "list of texts"
        case .integers: "list of whole numbers"
        case .pairs: "names and texts"
        case .object: "mapping"
        case .objects: "list of mappings"
        case .named: "names with a mapping each"
        }
    }
}

extension Capability {
    /// What a type with it does, after "It".
    var words: String {
        switch self {
        case .bulkPubSub: "publishes and delivers in bulk"
        case .messageTTL: "expires events itself"
        case .subscribeWildcards: "takes patterns as topics"
        case .bulkSubscribeImmediate: "does not wait for full batches"
        case .durable: "keeps events until they are settled"
        case .sharedGroups: "shares a consumer group between processes"
        case .ordered: "keeps the order of publishing"
        case .serial: "delivers one event at a time"
        case .browse: "lets martlet tail look at its events"
        case .session: "has a group begin with its first subscription"
        case .lag: "tells how far a group is behind"
        case .bodyOnly: "carries the body and nothing beside it"
        }
    }
}
