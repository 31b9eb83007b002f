/// The kind of value that a declared field takes.
public enum FieldType: Sendable, Equatable {
    /// Any text.
    case text
    /// `y yes true t on 1` in any case are true, everything else is false (spec, "Conventions").
    case bool
    /// A whole number in a range.
    case integer(ClosedRange<Int>)
    /// Go syntax (`1m30s`) or a bare integer in the given unit.
    case duration(bareUnit: Duration)
    /// A size in bytes: `1Gi`, `512Mi`, plain bytes.
    case quantity
    /// One of these words.
    case choice([String])
}

/// One field of a component's metadata, declared once: decoding, lint, reference pages and schemas read it.
public struct Field: Sendable {
    /// The name as documentation spells it; names are compared without case.
    public var name: String
    /// Other spellings that are accepted.
    public var aliases: [String]
    /// What values it takes.
    public var type: FieldType
    /// The value where none is given, in the field's own notation; `nil` where there is none.
    public var defaultValue: String?
    /// Whether a component cannot start without it.
    public var isRequired: Bool
    /// Whether its value must never be printed.
    public var isSecret: Bool
    /// Why this version refuses the field by name, where it does: settings that would change what is promised are not ignored.
    public var refusal: String?
    /// One sentence for the reference page.
    public var text: String

    /// Declares a field.
    public init(
        _ name: String, _ type: FieldType, default defaultValue: String? = nil, aliases: [String] = [],
        required: Bool = false, secret: Bool = false, refusal: String? = nil, _ text: String
    ) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
        self.aliases = aliases
        self.isRequired = required
        self.isSecret = secret
        self.refusal = refusal
        self.text = text
    }
}

/// A decoded value.
public enum SettingValue: Sendable, Equatable {
    /// `text` and `choice`.
    case text(String)
    /// `bool`.
    case bool(Bool)
    /// `integer` and `quantity`.
    case integer(Int)
    /// `duration`.
    case duration(Duration)
}

/// The decoded metadata of one component: values by declared name, defaults filled in.
///
/// `Resources` makes it after it has checked every field, so reading a declared field cannot fail; reading one that is not declared traps.
public struct Settings: Sendable {
    private let values: [String: SettingValue]
    private let given: Set<String>

    /// Made by `Resources`, and by tests. `given` names the fields that the user set.
    public init(values: [String: SettingValue], given: Set<String>) {
        self.values = values
        self.given = given
    }

    /// Whether the user set the field.
    public func isGiven(_ name: String) -> Bool { given.contains(name) }

    /// The text of a field, `nil` where it has neither value nor default.
    public func text(_ name: String) -> String? {
        if case .text(let text)? = values[name] { return text }
        return nil
    }

    /// The truth of a field; false where it has neither value nor default.
    public func bool(_ name: String) -> Bool { values[name] == .bool(true) }

    /// The number of a field, `nil` where it has neither value nor default.
    public func integer(_ name: String) -> Int? {
        if case .integer(let number)? = values[name] { return number }
        return nil
    }

    /// The duration of a field, `nil` where it has neither value nor default.
    public func duration(_ name: String) -> Duration? {
        if case .duration(let duration)? = values[name] { return duration }
        return nil
    }
}
