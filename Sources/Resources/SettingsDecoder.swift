internal import Bytes
package import Messaging

/// Decodes the metadata of a component against the declared fields of its kind.
///
/// Everything that is wrong comes back at once. An unknown field is a warning, because daprd ignores it; what is missing, given
/// twice, of the wrong kind or refused by the kind is an error. Values of secret fields are never in a message.
package struct SettingsDecoder {
    private let component: ResolvedComponent
    private let fields: [Field]
    private var values: [String: SettingValue] = [:]
    private var given: Set<String> = []
    private var findings: [Finding] = []

    /// The most unknown fields that are told of one component.
    private static let maximumUnknown = 100

    private init(_ component: ResolvedComponent, _ fields: [Field]) {
        self.component = component
        self.fields = fields
    }

    /// The settings of a component and what is wrong with them. With a finding of severity `error` they must not be used.
    package static func settings(
        for component: ResolvedComponent, kind fields: [Field]
    ) -> (settings: Settings, findings: [Finding]) {
        var decoder = SettingsDecoder(component, fields)
        decoder.findUnknown()
        for field in fields { decoder.decode(field) }
        decoder.findings.sort { $0.line < $1.line }
        return (Settings(values: decoder.values, given: decoder.given), decoder.findings)
    }

    private mutating func findUnknown() {
        let common = component.spec.isPubSub ? CommonFields.pubSub.map(\.name) : []
        let known = fields.flatMap { [$0.name] + $0.aliases } + common
        for property in component.properties
        where findings.count < Self.maximumUnknown
            && !known.contains(where: { ASCII.equalIgnoringCase($0, property.name) })
        {
            let hint = NearestName.hint(for: property.name, among: known)
            note(.warning, property, "unknown field, it has no effect" + hint)
        }
    }

    private mutating func decode(_ field: Field) {
        let names = [field.name] + field.aliases
        let properties = component.properties.filter { property in
            names.contains { ASCII.equalIgnoringCase($0, property.name) }
        }
        if properties.count > 1, let last = properties.last {
            let lines = properties.map { "\($0.name) (line \($0.line))" }.joined(separator: " and ")
            note(
                .error, last, "key \(field.name.lowercased()) is duplicate in the metadata; keep one of \(lines)")
        }
        guard let property = properties.first, !isAbsent(property.value, field) else {
            useDefault(field)
            return
        }
        if let refusal = field.refusal, !isHarmless(property.value, field) {
            note(.error, property, "not supported: \(refusal)")
            return
        }
        given.insert(field.name)
        switch FieldValue.parse(property.value, as: field.type) {
        case .success(let value):
            values[field.name] = value
            warnOfUnclearTruth(property, field)
        case .failure(let fault):
            let isSecret = field.isSecret || property.isSecret
            note(.error, property, (isSecret ? "its value" : "\"\(property.value)\"") + " " + fault.reason)
        }
    }

    private mutating func useDefault(_ field: Field) {
        if field.isRequired {
            let place = component.spec.typePlace
            findings.append(
                Finding(
                    .error, file: component.spec.file, line: place.line, column: place.column,
                    resource: component.spec.name, field: field.name,
                    "is required; add it to spec.metadata"))
        }
        guard let text = field.defaultValue else { return }
        guard case .success(let value) = FieldValue.parse(text, as: field.type) else {
            preconditionFailure("the declared default of \(field.name) is not of its declared type")
        }
        values[field.name] = value
    }

    /// An empty value is none, except for a text that need not be given.
    private func isAbsent(_ value: String, _ field: Field) -> Bool {
        guard value.isEmpty else { return false }
        return field.type != .text || field.isRequired
    }

    /// Switching off what is not supported changes nothing.
    private func isHarmless(_ value: String, _ field: Field) -> Bool {
        if value.isEmpty { return true }
        return field.type == .bool && !GoBool.isTruthy(value)
    }

    /// Everything that is not a yes is a no; a word that is neither is worth a warning.
    private mutating func warnOfUnclearTruth(_ property: ResolvedComponent.Property, _ field: Field) {
        guard field.type == .bool, values[field.name] == .bool(false) else { return }
        let noes = ["n", "no", "false", "f", "off", "0"]
        let word = SpaceTrimming.trimmed(property.value).lowercased()
        guard !noes.contains(word) else { return }
        let shown = field.isSecret || property.isSecret ? "its value" : "\"\(property.value)\""
        note(.warning, property, "\(shown) counts as false; write true or false")
    }

    private mutating func note(
        _ severity: Finding.Severity, _ property: ResolvedComponent.Property, _ message: String
    ) {
        findings.append(
            Finding(
                severity, file: component.spec.file, line: property.line, column: property.column,
                resource: component.spec.name, field: property.name, message))
    }
}
