internal import Brokers
package import Events
internal import Messaging
internal import Resources

/// JSON Schemas (draft 2020-12) of resources, for editors, from the declarations that the sidecar reads by. Pure.
///
/// They are a little stricter than the sidecar: fields have to be spelled as documented, and what has no effect is not accepted.
package enum ResourceSchema {
    private static let draft = "https://json-schema.org/draft/2020-12/schema"

    /// The kinds that have a schema, in lower case.
    package static let names = ResourceDeclaration.all.map { $0.kind.lowercased() }

    /// The schema of a kind, or of a resource of any kind; `nil` for an unknown name.
    package static func schema(of name: String?) -> JSONValue? {
        guard let name else { return anyKind }
        guard let declaration = ResourceDeclaration.all.first(where: { $0.kind.lowercased() == name }) else {
            return nil
        }
        return object([("$schema", .string(draft))] + document(declaration) + definitions(for: [declaration]))
    }

    private static var anyKind: JSONValue {
        let kinds = ResourceDeclaration.all
        let cases = kinds.map { declaration in
            object([
                ("if", hasKind(declaration.kind)), ("then", object(document(declaration))),
            ])
        }
        return object(
            [
                ("$schema", .string(draft)), ("title", .string("Resource")),
                ("description", .string("A resource of Martlet or Dapr.")), ("type", .string("object")),
                ("required", .array([.string("kind")])),
                (
                    "properties",
                    object([("kind", object([("enum", .array(kinds.map { .string($0.kind) }))]))])
                ), ("allOf", .array(cases)),
            ] + definitions(for: kinds))
    }

    private static func hasKind(_ kind: String) -> JSONValue {
        object([("properties", object([("kind", object([("const", .string(kind))]))]))])
    }

    private static func document(_ declaration: ResourceDeclaration) -> [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [("title", .string(declaration.kind))]
        members += mapping(declaration.fields, text: declaration.summary)
        var conditions = versionConditions(declaration)
        if declaration.kind == "Component" { conditions += ComponentSchema.conditions }
        if !conditions.isEmpty { members.append(("allOf", .array(conditions))) }
        return members
    }

    private static func definitions(for kinds: [ResourceDeclaration]) -> [(String, JSONValue)] {
        kinds.contains { $0.kind == "Component" } ? [("$defs", object(ComponentSchema.definitions))] : []
    }

    /// Fields of one version are refused in the others.
    private static func versionConditions(_ declaration: ResourceDeclaration) -> [JSONValue] {
        guard let spec = declaration.fields.first(where: { $0.name == "spec" }) else { return [] }
        return spec.fields.filter { !$0.apiVersion.isEmpty }.map { field in
            let own = object([("properties", object([("apiVersion", object([("const", .string(field.apiVersion))]))]))])
            let without = object([("properties", object([(field.name, .bool(false))]))])
            return object([("if", own), ("else", object([("properties", object([("spec", without)]))]))])
        }
    }

    // MARK: Fields

    private static func mapping(_ fields: [ResourceField], text: String) -> [(String, JSONValue)] {
        var members: [(String, JSONValue)] = []
        if !text.isEmpty { members.append(("description", .string(text))) }
        members.append(("type", .string("object")))
        let required = fields.filter(\.isRequired)
        if !required.isEmpty { members.append(("required", .array(required.map { .string($0.name) }))) }
        members.append(("properties", object(fields.map { ($0.name, schema(of: $0)) })))
        members.append(("additionalProperties", .bool(false)))
        return members
    }

    private static func schema(of field: ResourceField) -> JSONValue {
        var members: [(String, JSONValue)] = field.text.isEmpty ? [] : [("description", .string(field.text))]
        switch field.shape {
        case .value(let type): members += value(type)
        case .number: members.append(("type", .string("number")))
        case .any: break
        case .texts: members += list(scalar)
        case .integers: members += list([("type", .string("integer"))])
        case .pairs: members += [("type", .string("object")), ("additionalProperties", object(scalar))]
        case .object(let fields): return object(mapping(fields, text: field.text))
        case .objects(let fields): members += list(mapping(fields, text: ""))
        case .named(let fields):
            members += [("type", .string("object")), ("additionalProperties", object(mapping(fields, text: "")))]
        }
        return object(members)
    }

    private static func list(_ items: [(String, JSONValue)]) -> [(String, JSONValue)] {
        // Nothing is an empty list.
        [("type", types("array", "null")), ("items", object(items))]
    }

    /// A text may be written without quotes, so that it looks like a number or a truth.
    private static let scalar: [(String, JSONValue)] = [("type", types("string", "number", "boolean"))]

    private static func value(_ type: FieldType) -> [(String, JSONValue)] {
        switch type {
        case .text, .quantity: scalar
        case .bool: [("type", .string("boolean"))]
        case .integer(let range):
            [
                ("type", .string("integer")), ("minimum", .number("\(range.lowerBound)")),
                ("maximum", .number("\(range.upperBound)")),
            ]
        case .duration: [("type", types("string", "integer"))]
        case .choice(let words): [("enum", .array(words.map { .string($0) }))]
        }
    }

    // MARK: Building

    static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.map { JSONMember(name: $0.0, value: $0.1) })
    }

    static func types(_ names: String...) -> JSONValue { .array(names.map { .string($0) }) }
}
