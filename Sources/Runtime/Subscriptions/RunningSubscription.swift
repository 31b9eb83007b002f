internal import Delivery
internal import Resources

/// One subscription that runs, or tries to: what it was made from, and what does the work.
final class RunningSubscription {
    let spec: SubscriptionSpec
    let component: Component
    let subscription: Subscription
    /// It is being ended: no further attempt to start it is made.
    var isEnding = false
    /// The broker was asked for it at least once.
    var wasAttempted = false
    /// The wait before the next attempt; cancelling it ends the wait.
    var pause: Task<Void, Never>?
    /// It keeps its place at the broker, and takes no events while the app is unwell.
    var isSuspended = false

    init(spec: SubscriptionSpec, component: Component, subscription: Subscription) {
        self.spec = spec
        self.component = component
        self.subscription = subscription
    }

    var identity: Identity { Identity(spec, component) }

    /// What makes a subscription another one: what it does, and the very component that it goes through.
    struct Identity: Equatable {
        let spec: SubscriptionSpec
        private let component: ObjectIdentifier

        init(_ spec: SubscriptionSpec, _ component: Component) {
            self.spec = spec.withoutPlace
            self.component = ObjectIdentifier(component)
        }
    }
}
