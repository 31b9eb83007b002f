internal import Brokers
internal import Messaging

/// Which kind a type names. Types are compared as `ComponentSpec.lookupType` writes them: the category as written, the rest in lower case.
enum Catalogue {
    /// The kind of a type or of one of its aliases; nil for an unknown one.
    static func pubSub(_ type: String) -> PubSubKind? {
        Brokers.all.first { $0.type == type || $0.aliases.contains(type) }
    }

    /// Every type that can be named.
    static var types: [String] { Brokers.all.flatMap { [$0.type] + $0.aliases } }
}
