package import Messaging

/// One pub/sub component as the rest of the runtime sees it: its name, what it may do, and the batch that this turn publishes to it.
///
/// Confined to its home shard. It adds nothing to the adapter's promises; it collects, so that an adapter is called once a turn.
package final class Broker {
    /// What a component may publish and subscribe, decided from its scopes.
    package struct Permissions {
        package var mayPublish: (_ topic: String) -> Bool
        package var maySubscribe: (_ topic: String) -> Bool

        package init(mayPublish: @escaping (String) -> Bool, maySubscribe: @escaping (String) -> Bool) {
            self.mayPublish = mayPublish
            self.maySubscribe = maySubscribe
        }
    }

    package let name: String
    package let type: String
    package let version: String
    package let capabilities: Set<Capability>
    package let permissions: Permissions
    /// What is put before every topic, where the component is namespace-scoped; else empty (spec 1.4).
    package let topicPrefix: String
    package let adapter: any PubSub
    /// What holds for deliveries of its events; subscriptions read it when they start and with `applyPolicy()`.
    package private(set) var inbound: CallPolicy?
    private var outbound: PublishAttempts?
    private let scheduler: any Scheduler
    private var batch: [PublishEntry] = []
    private var isHolding = false
    private var heldBytes = 0
    private var isOverfull = false
    var spareFlights = SpareFlights()

    /// The most events and bytes that are held; beyond either all of them go to the adapter, which refuses what it cannot store.
    package static let heldEventLimit = 1024
    package static let heldByteLimit = 16 << 20

    package init(
        name: String, type: String, version: String, capabilities: Set<Capability>, permissions: Permissions,
        topicPrefix: String, adapter: any PubSub, scheduler: any Scheduler
    ) {
        self.name = name
        self.type = type
        self.version = version
        self.capabilities = capabilities
        self.permissions = permissions
        self.topicPrefix = topicPrefix
        self.adapter = adapter
        self.scheduler = scheduler
    }

    /// `pubsub.redis "orders"`, as errors name it.
    package var title: String { "\(type) \"\(name)\"" }

    /// Whether an event that is not acknowledged comes again.
    package var isDurable: Bool { capabilities.contains(.durable) }

    /// Whether a group is served by this process alone, so that nobody else could take over what is not delivered here.
    package var hasOneReader: Bool { isDurable && !capabilities.contains(.sharedGroups) }

    /// Sets the policies of both directions, or takes them away. Events on their way go on under the new ones.
    package func apply(inbound: CallPolicy?, outbound policy: CallPolicy?) {
        self.inbound = inbound
        if let policy {
            let attempts = outbound ?? PublishAttempts(self, scheduler)
            attempts.policy = policy
            outbound = attempts
        } else {
            outbound?.policy = CallPolicy()
            outbound = nil
        }
    }

    /// Ends every publish that waits for another attempt with its latest error: the component is about to be closed.
    package func endRetries() { outbound?.end() }

    /// Adds an event to this turn's batch, under the outbound policy where there is one; its completion is called later, never from inside
    /// this call.
    /// - Parameter isInternal: not asked for through the HTTP API: retries are matched by codes of gRPC (spec 4.2, "Code carried").
    package func enqueue(_ entry: consuming PublishEntry, isInternal: Bool = false) {
        if let outbound { return outbound.begin(entry, isInternal: isInternal) }
        append(entry)
    }

    /// Adds an event to this turn's batch.
    func append(_ entry: consuming PublishEntry) {
        if batch.isEmpty { scheduler.atTurnEnd(self) }
        if isHolding { heldBytes += entry.body.count }
        batch.append(entry)
        if isHolding { noteHeld() }
    }

    /// Keeps what is published until `goOn()`: the adapter is being connected in place of another one.
    package func hold() { isHolding = true }

    /// Gives the adapter what was held or is waiting for the turn's end, and from now on everything at the turn's end.
    package func goOn() {
        isHolding = false
        turnEnded()
    }

    private func noteHeld() {
        guard !isOverfull, batch.count > Broker.heldEventLimit || heldBytes > Broker.heldByteLimit else { return }
        isOverfull = true
        scheduler.atTurnEnd(self)
    }
}

extension Broker: TurnParticipant {
    package func turnEnded() {
        guard !batch.isEmpty, !isHolding || isOverfull else { return }
        heldBytes = 0
        isOverfull = false
        var full: [PublishEntry] = []
        swap(&full, &batch)
        adapter.publish(full)
        guard batch.isEmpty else { return }
        full.removeAll(keepingCapacity: full.count < 1024)
        swap(&full, &batch)
    }
}
