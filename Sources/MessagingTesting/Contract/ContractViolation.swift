/// A rule of the contract that a kind broke.
public struct ContractViolation: Error, CustomStringConvertible {
    /// What was expected, and what came instead.
    public let description: String

    /// Says what went wrong.
    public init(_ description: String) { self.description = description }
}
