/// How the publishing of one event ended.
public enum PublishOutcome: Sendable {
    /// The broker has it, as durably as the broker promises. Only this may become a 2xx.
    case stored
    /// It was not stored (`notSent`) or may have been (`unknown`), as the error says.
    case failed(ComponentError)
}

/// Who waits for the end of a publish. Confined to the shard of the component.
public protocol PublishCompletion: AnyObject {
    /// Called exactly once for each entry, in any order, on the component's shard, never from inside `publish(_:)`'s caller's loop over entries
    /// with a lock or an exclusive access held: it may publish again.
    func published(_ outcome: PublishOutcome, token: UInt64)
}

/// One event to publish, and who waits for its end.
public struct PublishEntry {
    /// The topic after namespace prefixing.
    public var topic: String
    /// What the broker stores.
    public var body: [UInt8]
    /// Pairs that the broker carries beside the body, as far as it can.
    public var metadata: Metadata
    /// The ordering key; empty where there is none.
    public var key: [UInt8]
    /// Whether `stored` must mean that somebody will get it: a broker that would take it and keep it nowhere, for want of a queue, refuses it. So
    /// it is for dead letters, whose source is acknowledged then.
    public var needsPlace: Bool
    /// Who is told.
    public var completion: any PublishCompletion
    /// Handed back to the completion.
    public var token: UInt64

    /// Makes an entry.
    @inlinable
    public init(
        topic: String, body: [UInt8], metadata: Metadata, key: [UInt8] = [], needsPlace: Bool = false,
        completion: any PublishCompletion, token: UInt64
    ) {
        self.topic = topic
        self.body = body
        self.metadata = metadata
        self.key = key
        self.needsPlace = needsPlace
        self.completion = completion
        self.token = token
    }
}

/// How much a source may hand over now.
public struct Credit: Sendable, Equatable {
    /// Events.
    public var events: Int
    /// Bytes of bodies; one event may exceed it, so that an event larger than the bound passes alone.
    public var bytes: Int

    /// Makes a credit.
    public init(events: Int, bytes: Int) {
        self.events = events
        self.bytes = bytes
    }

    /// Whether anything may be handed over.
    public var isOpen: Bool { events > 0 && bytes > 0 }
}

/// Where a source puts its messages: the delivery engine of one subscription.
public protocol Inlet: AnyObject {
    /// What may be handed over now. A source reads it before it fetches and never exceeds it.
    var credit: Credit { get }
    /// Takes messages over. It is synchronous and never calls back into the source; settlements come at a turn's end.
    func take(_ messages: [ReceivedMessage])
    /// Releases every event of such a position that is not at the app, soon, at the end of a turn: another consumer is to have them. What is at the app
    /// is settled as ever; a failure of it is released too, not tried again here.
    func recall(_ isRecalled: (Position) -> Bool)
}

extension Inlet {
    /// Releases nothing early.
    public func recall(_ isRecalled: (Position) -> Bool) {}
}

/// What a subscription wants of a broker.
public struct SubscriptionRequest: Sendable {
    /// The topic, or pattern where the kind declares wildcards, after namespace prefixing.
    public var topic: String
    /// The subscription's own metadata.
    public var metadata: Metadata

    /// Makes a request.
    public init(topic: String, metadata: Metadata = Metadata()) {
        self.topic = topic
        self.metadata = metadata
    }
}

/// One running subscription at a broker. It survives reconnects of its component: `connect()` arms it again.
public protocol TopicSource: AnyObject {
    /// Called at a turn's end with what was settled in it. What was acknowledged never comes again (as far as the broker can promise it);
    /// what was released comes again.
    func settle(_ batch: borrowing SettledBatch)
    /// Where the source itself puts messages that are rejected, as the broker calls it; `nil` where it has no such place and none is rejected.
    var deadLetterPlace: String? { get }
    /// The inlet has credit again after it had none: go on fetching.
    func creditReturned()
    /// Stops fetching; what is in flight can still be settled.
    func pause()
    /// Goes on after `pause()`.
    func resume()
    /// Ends the subscription for good: no message comes after it returned. What was not settled stays with the broker. Idempotent, within 5 s.
    func cancel() async
    /// Events that the broker holds for the subscription's group and that nobody has settled: those that no consumer of the group has got yet,
    /// and those that one has got. `nil` where that is not known now.
    ///
    /// An optional power, announced by `Capability.lag`. It is asked for when somebody looks at metrics, once at a time; it must not hold up
    /// what is published or delivered, and it ends with the connection at the latest.
    func lag() async -> Int?
}

extension TopicSource {
    /// What a source without the power tells: nothing.
    public func lag() async -> Int? { nil }
}

extension TopicSource {
    /// Most brokers leave that to the runtime.
    public var deadLetterPlace: String? { nil }
}

/// A pub/sub component as the runtime drives it.
///
/// It is passive and confined to its home shard: every call comes from there, every answer goes back there. It makes one attempt at a time;
/// back-off, repetition, lanes, dead letters and metrics exist once, in the runtime.
public protocol PubSub: AnyObject {
    /// One attempt to connect. After a loss it is called again and arms the running sources anew.
    /// `unavailable` and `timeout` are tried again by the runtime; `refused` and `settings` are not at start.
    func connect() async throws(ComponentError)
    /// Takes what this turn collected and ends each entry exactly once. While not connected each entry ends with `notSent`.
    func publish(_ batch: [PublishEntry])
    /// From now on messages go to the inlet, within its credit.
    func subscribe(
        _ request: SubscriptionRequest, into inlet: any Inlet
    ) async throws(ComponentError) -> any TopicSource
    /// Idempotent, within 5 s: stops input, lets out what is settled and what is being published, leaves the rest to the broker.
    /// A publish after it fails with `closed`.
    func close() async
}

/// The runtime as a component sees it.
public protocol PubSubHost: AnyObject {
    /// The connection is lost after `connect()` had succeeded. The runtime calls `connect()` again after a back-off.
    func connectionLost(_ error: ComponentError)
    /// Something that the user should see in the log: one line, without payload or secret.
    func warn(_ message: String)
}
