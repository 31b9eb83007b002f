public import Messaging

/// One promise of the seam, and how it is checked.
public struct PubSubRule: Sendable, CustomStringConvertible {
    /// The promise, as a sentence.
    public let name: String
    /// Capabilities that a kind needs to make it.
    public let needs: Set<Capability>
    /// Whether the broker is stopped and started on the way.
    public let needsBroker: Bool
    /// Whether the link to the broker goes silent on the way.
    public let needsLink: Bool
    /// Whether it takes as long as deadlines and outages do, not as the machine does.
    public let takesLong: Bool
    let body: @Sendable (ContractBench) async throws -> Void
    let otherwise: (@Sendable (ContractBench) async throws -> Void)?

    init(
        _ name: String, needs: Set<Capability> = [], needsBroker: Bool = false, needsLink: Bool = false,
        takesLong: Bool = false,
        _ body: @escaping @Sendable (ContractBench) async throws -> Void,
        otherwise: (@Sendable (ContractBench) async throws -> Void)? = nil
    ) {
        self.name = name
        self.needs = needs
        self.needsBroker = needsBroker
        self.needsLink = needsLink
        self.takesLong = takesLong
        self.body = body
        self.otherwise = otherwise
    }

    /// The promise.
    public var description: String { name }

    /// What was checked.
    public enum Result: Sendable {
        /// The kind makes the promise and keeps it.
        case kept
        /// The kind does not make it, and behaves as a kind without it does.
        case behavesWithout
        /// There is nothing to check on this kind.
        case skipped
    }

    /// Checks the rule on a kind, on the harness's shard. A kind without the needed capabilities is checked to behave as declared.
    public func check(_ harness: any PubSubHarness) async throws -> Result {
        guard !needsBroker || harness.canStopBroker, !needsLink || harness.hasLink else { return .skipped }
        let prefix = "c\(name.utf8.reduce(5381 as UInt32) { $0 &* 33 &+ UInt32($1) })-"
        let bench = ContractBench(harness, prefix: prefix)
        let isPromised = needs.isSubset(of: harness.kind.capabilities)
        guard isPromised || otherwise != nil else { return .skipped }
        do {
            if isPromised { try await body(bench) } else { try await otherwise?(bench) }
        } catch {
            await bench.dispose()
            throw error
        }
        await bench.dispose()
        return isPromised ? .kept : .behavesWithout
    }
}

/// What every pub/sub kind promises to the runtime: one list, checked on every kind.
///
/// A new kind brings a `PubSubHarness` and passes all of it, or does not declare the capability that it cannot keep.
public enum PubSubContract {
    /// All rules.
    public static let rules: [PubSubRule] = delivery + groups + life + faults + lag + endurance
}
