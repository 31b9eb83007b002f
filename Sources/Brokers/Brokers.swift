package import Messaging

/// # Brokers: the pub/sub kinds, one folder for each technology.
///
/// What it is: `<Name>.swift` declares a kind (type, fields, capabilities), `<Name>PubSub.swift` maps the seam to what stores or carries the events.
/// What it is not: no retries, no reconnects, no lanes, no dead letters: they exist once, in `Delivery`. A kind knows no other kind.
/// Who calls it: `Runtime/Catalogue` looks kinds up here. Whom it calls: `Store` and the clients.
///
/// A new kind over an existing client is one folder and one line below.
package enum Brokers {
    /// Every kind of this build.
    package static let all: [PubSubKind] = [.inMemory, .embedded, .kafka, .redis, .mqtt3, .mqtt5, .rabbitmq]
}
