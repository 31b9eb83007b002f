public import Messaging

/// An instance of the kind under test, and its host: it notes losses, so that the bench connects again as the runtime does.
public final class ContractComponent: PubSubHost {
    /// The instance.
    public private(set) var pubSub: any PubSub
    /// Whether the connection was lost and not made again.
    public internal(set) var isLost = false
    /// How often it was lost.
    public private(set) var losses = 0
    /// Lines for the user.
    public private(set) var warnings: [String] = []

    private final class Nothing: PubSub {
        func connect() async throws(ComponentError) {}
        func publish(_ batch: [PublishEntry]) {}
        func subscribe(
            _ request: SubscriptionRequest, into inlet: any Inlet
        ) async throws(ComponentError) -> any TopicSource {
            throw ComponentError(.closed, action: "subscribing", reason: "there is no instance")
        }
        func close() async {}
    }

    init(_ harness: any PubSubHarness, consumer: String, instance: String) throws(ComponentError) {
        pubSub = Nothing()
        pubSub = try harness.make(consumer: consumer, instance: instance, host: self)
    }

    /// Notes the loss.
    public func connectionLost(_ error: ComponentError) {
        isLost = true
        losses += 1
    }

    /// Notes the line.
    public func warn(_ message: String) { warnings.append(message) }
}
