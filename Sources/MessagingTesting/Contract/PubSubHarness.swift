public import Messaging

/// What a kind brings along so that the contract can be checked on it: instances, time, and where there is one its broker.
///
/// Confined to one shard, like the components that it makes.
public protocol PubSubHarness: AnyObject {
    /// The kind under test.
    var kind: PubSubKind { get }
    /// Time and turns of the shard.
    var scheduler: any Scheduler { get }
    /// Whether two instances that are open at once reach the same topics.
    var sharesTopics: Bool { get }
    /// Whether `stopBroker` and `startBroker` do something.
    var canStopBroker: Bool { get }
    /// A pattern as the kind writes it, where it has patterns.
    var pattern: ContractPattern { get }
    /// Makes an instance that is not connected. Instances of one consumer are one group.
    func make(consumer: String, instance: String, host: any PubSubHost) throws(ComponentError) -> any PubSub
    /// Suspends for a while, on the shard.
    func sleep(for duration: Duration) async
    /// Ends the broker without a farewell; what it has stored stays.
    func stopBroker() async
    /// Starts it again, with what it had stored.
    func startBroker() async
    /// Whether the broker takes connections, asked past the kind.
    func answers() async -> Bool
    /// Whether instances can be put behind a link that goes silent.
    var hasLink: Bool { get }
    /// Puts instances that are made from now on behind the link.
    func useLink()
    /// What goes over the link's connections from now on vanishes; connections that are made later pass.
    func silenceLink() async
    /// Bytes that vanished: the evidence that it mattered.
    var swallowedBytes: Int { get }
    /// How long who holds an event may be silent before the broker or a lease gives it to another, as instances of this harness are set.
    var idleLimit: Duration { get }
    /// Puts everything away.
    func dispose() async
}

/// A pattern for topics, and what it is tried on.
public struct ContractPattern: Sendable {
    /// The pattern.
    public var text: String
    /// Topics that it takes in.
    public var matching: [String]
    /// Topics that it does not.
    public var others: [String]

    /// Makes an example.
    public init(_ text: String, matching: [String], others: [String]) {
        self.text = text
        self.matching = matching
        self.others = others
    }
}

extension PubSubHarness {
    /// A trailing `*` that stands for at least one character.
    public var pattern: ContractPattern {
        ContractPattern("ab*", matching: ["abc", "abcd"], others: ["ab", "a", "xabc"])
    }
}

extension PubSubHarness {
    /// True: there is nothing that could be stopped.
    public func answers() async -> Bool { true }
    /// No link.
    public var hasLink: Bool { false }
    /// Nothing, without a link.
    public func useLink() {}
    /// Nothing, without a link.
    public func silenceLink() async {}
    /// None, without a link.
    public var swallowedBytes: Int { 0 }
    /// Nothing takes an event away.
    public var idleLimit: Duration { .milliseconds(200) }
}
