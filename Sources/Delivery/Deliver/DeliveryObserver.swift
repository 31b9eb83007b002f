package import Messaging

/// Why an event left without the app's success.
package enum DropReason: String, Sendable, CaseIterable {
    /// The app answered DROP.
    case appDropped
    /// The app answered 404.
    case notFound
    /// No rule matched, and there is no default route.
    case noRoute
    /// Its expiration has passed.
    case expired
    /// The subscription's `delivery` block says so for what the app answered.
    case configured
}

/// What happens to deliveries, for logs, metrics and traces. `Observability` and `Runtime` implement it.
///
/// Called on the shard for every event: implementations count, and format only what they print.
package protocol DeliveryObserver: AnyObject {
    /// Whether `called` is to be called at all; asked once, when a subscription is made.
    var wantsCalls: Bool { get }
    /// A call to the app is over, however it ended. It comes before what follows from it.
    func called(_ subscription: Subscription, _ call: EndedCall)
    /// A bulk call is over; the outcomes are those of its events. The call's own outcome says nothing.
    func calledInBulk(_ subscription: Subscription, _ call: EndedCall, _ outcomes: [EndedCall.Outcome])
    /// The app took the event, which had come from the broker at that moment.
    func delivered(_ subscription: Subscription, arrived: Instant)
    /// An attempt failed, and another one comes after the wait; nil where the broker decides when.
    func attemptFailed(_ subscription: Subscription, eventID: String, reason: String, failures: Int, retryIn: Duration?)
    /// The event is gone for good without the app's success, as somebody decided.
    func dropped(_ subscription: Subscription, eventID: String, reason: DropReason)
    /// The event is in the dead letter topic, confirmed.
    func deadLettered(_ subscription: Subscription, eventID: String, topic: String)
    /// The event could not be written to the dead letter topic; it stays.
    func deadLetterFailed(_ subscription: Subscription, eventID: String, topic: String, error: ComponentError)
    /// The event is lost, because the broker keeps nothing that was not acknowledged (in memory).
    func lost(_ subscription: Subscription, eventID: String, reason: String)
}

extension DeliveryObserver {
    package var wantsCalls: Bool { false }

    package func called(_ subscription: Subscription, _ call: EndedCall) {}

    package func calledInBulk(_ subscription: Subscription, _ call: EndedCall, _ outcomes: [EndedCall.Outcome]) {}
}
