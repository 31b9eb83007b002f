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
