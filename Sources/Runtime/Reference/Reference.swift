internal import Brokers
internal import Bytes
internal import Messaging
internal import Resources

/// One page of the reference: a type of component or a kind of resource, as its declaration says it.
///
/// `martlet explain` prints it, `docs/components` and `docs/resources` hold it. There is no second text: what decodes and checks is what is shown.
package struct Reference: Sendable {
    /// One field.
    package struct Row: Sendable {
        /// As documentation spells it.
        package var name: String
        /// How deep it lies: fields of fields are one deeper.
        package var depth: Int
        /// What it takes, in words.
        package var type: String
        package var defaultValue: String?
        package var isRequired: Bool
        package var isSecret: Bool
        package var text: String

        /// Type, default, required and secret, with commas between them.
        package var facts: String {
            var facts = [type]
            if isRequired { facts.append("required") }
            if let defaultValue { facts.append("default \(defaultValue)") }
            if isSecret { facts.append("secret") }
            return facts.joined(separator: ", ")
        }
    }

    /// Fields that belong together.
    package struct Section: Sendable {
        package var title: String
        package var rows: [Row]
    }

    /// What a page is about.
    package enum Subject: Sendable {
        case component
        case resource
    }

    package var subject: Subject
    /// By which it is asked for: `pubsub.redis`, `subscription`.
    package var name: String
    package var aliases: [String]
    package var summary: String
    /// Facts in front of the fields, one a line.
    package var remarks: [String]
    package var sections: [Section]

    /// Every page: the kinds of resources, then the types of components.
    package static let all =
        ResourceDeclaration.all.map(Reference.init) + Brokers.all.map(Reference.init)
        + SecretStoreKind.all.map(Reference.init)

    /// The page of a name or an alias, compared without case; `nil` for an unknown one.
    package static func named(_ name: String) -> Reference? {
        all.first { page in ([page.name] + page.aliases).contains { ASCII.equalIgnoringCase($0, name) } }
    }

    /// What to do about a name that no page has.
    package static func hint(for name: String) -> String {
        let hint = NearestName.hint(for: name, among: all.flatMap { [$0.name] + $0.aliases })
        return hint.isEmpty ? "; martlet explain lists them" : hint
    }
}

extension Reference {
    init(_ kind: PubSubKind) {
        subject = .component
        name = kind.type
        aliases = kind.aliases
        summary = kind.summary
        let powers = Capability.allCases.filter { kind.capabilities.contains($0) }.map(\.words)
        let last = powers.last.map { powers.count > 1 ? " and " + $0 : $0 } ?? ""
        remarks = powers.isEmpty ? [] : ["It " + powers.dropLast().joined(separator: ", ") + last + "."]
        let own = kind.fields.filter { $0.refusal == nil }
        let names = own.map(\.name)
        sections = [
            Section(title: "Settings", rows: own.map(Row.init)),
            Section(
                title: "Settings of every pub/sub component",
                rows: CommonFields.pubSub.filter { !names.contains($0.name) }.map(Row.init)),
            Section(title: "Refused, because they are not supported", rows: kind.fields.compactMap(Row.init(refused:))),
        ].filter { !$0.rows.isEmpty }
    }

    init(_ kind: SecretStoreKind) {
        subject = .component
        name = kind.type
        aliases = []
        summary = kind.summary
        remarks = []
        sections = [Section(title: "Settings", rows: kind.fields.map(Row.init))]
    }

    init(_ declaration: ResourceDeclaration) {
        subject = .resource
        name = declaration.kind.lowercased()
        aliases = []
        summary = declaration.summary
        remarks = []
        sections = [Section(title: "Fields", rows: declaration.fields.flatMap { Row.rows($0, depth: 0) })]
    }
}

extension Reference.Row {
    init(_ field: Field) {
        self.init(
            name: field.name, depth: 0, type: field.type.words,
            defaultValue: field.defaultValue.flatMap { $0.isEmpty ? nil : $0 }, isRequired: field.isRequired,
            isSecret: field.isSecret, text: field.text)
        if !field.aliases.isEmpty { text += " Also: " + field.aliases.joined(separator: ", ") + "." }
    }

    init?(refused field: Field) {
        guard let refusal = field.refusal else { return nil }
        self.init(field)
        text = refusal.prefix(1).uppercased() + refusal.dropFirst() + "."
    }

    /// A field of a resource and the fields in it.
    static func rows(_ field: ResourceField, depth: Int) -> [Reference.Row] {
        guard field.isShown else { return [] }
        var row = Reference.Row(
            name: field.name, depth: depth, type: field.shape.words, defaultValue: field.defaultValue,
            isRequired: field.isRequired, isSecret: false, text: field.text)
        if !field.apiVersion.isEmpty { row.type += ", \(field.apiVersion) only" }
        return [row] + field.fields.flatMap { rows($0, depth: depth + 1) }
    }
}
