/// What went wrong in a component, said so that a person can act on it.
///
/// It carries no payload and no value of a setting that is declared secret.
public struct ComponentError: Error, Sendable, Equatable {
    /// Whether the thing that was asked for may have happened all the same.
    public enum Outcome: Sendable, Equatable {
        /// It did not happen and will not.
        case notSent
        /// It may have happened: repeat it with the same event id.
        case unknown
    }

    /// The class of an error, for decisions in code.
    public enum Code: String, Sendable {
        /// The other side cannot be reached: refused, no answer, no name, connection lost. Trying again may help.
        case unavailable
        /// The other side answered and refused: credentials, certificate, permissions. Trying again does not help.
        case refused
        /// A setting is missing, unknown or wrong.
        case settings
        /// A bound was reached: a full store, too much in flight.
        case full
        /// A deadline passed.
        case timeout
        /// The component is closed or closing.
        case closed
        /// What the other side sent is not what its protocol says.
        case protocolViolation
        /// An error of the storage under a component.
        case storage
    }

    /// The class of the error.
    public var code: Code
    /// Type and name, such as `pubsub.redis "orders"`; empty until the runtime fills it in.
    public var component: String
    /// What was being done, as a gerund: `publishing to topic orders`.
    public var action: String
    /// The reason in the words of whoever refused, and what to do about it.
    public var reason: String
    /// The library's or the system's own number.
    public var nativeCode: Int?
    /// Whether it may have happened all the same.
    public var outcome: Outcome

    /// Makes an error.
    public init(
        _ code: Code, component: String = "", action: String, reason: String, nativeCode: Int? = nil,
        outcome: Outcome = .notSent
    ) {
        self.code = code
        self.component = component
        self.action = action
        self.reason = reason
        self.nativeCode = nativeCode
        self.outcome = outcome
    }
}

extension ComponentError: CustomStringConvertible {
    /// Component, gerund, reason, native code, and whether it may have happened.
    public var description: String {
        var text = component.isEmpty ? "" : component + " "
        text += action + ": " + reason
        if let nativeCode { text += " (\(nativeCode))" }
        if outcome == .unknown { text += "; outcome unknown, repeat with the same event id" }
        return text
    }
}
