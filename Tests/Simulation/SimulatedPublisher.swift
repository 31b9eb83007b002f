import Delivery
import Messaging

/// Whoever publishes through one sidecar: it remembers what it was told of each event.
final class SimulatedPublisher: PublishCompletion {
    private unowned let world: World
    /// The sidecar was killed: its answers reach nobody.
    var isForgotten = false

    init(_ world: World) { self.world = world }

    func published(_ outcome: PublishOutcome, token: UInt64) {
        if !isForgotten { world.published(Int(token), outcome) }
    }
}

/// The observer of every subscription: the counts are looked at instead.
final class SimulatedObserver: DeliveryObserver {
    func delivered(_ subscription: Subscription, arrived: Instant) {}
    func attemptFailed(
        _ subscription: Subscription, eventID: String, reason: String, failures: Int, retryIn: Duration?
    ) {}
    func dropped(_ subscription: Subscription, eventID: String, reason: DropReason) {}
    func deadLettered(_ subscription: Subscription, eventID: String, topic: String) {}
    func deadLetterFailed(_ subscription: Subscription, eventID: String, topic: String, error: ComponentError) {}
    func lost(_ subscription: Subscription, eventID: String, reason: String) {}
}
