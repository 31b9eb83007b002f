internal import Brokers
internal import Bytes
internal import Events
internal import Messaging
internal import Resources

/// The part of a Component's schema that depends on its type: which settings there are, and what they take.
enum ComponentSchema {
    private struct Kind {
        var type: String
        var aliases: [String]
        var summary: String
        var fields: [Field]
    }

    private static let kinds =
        Brokers.all.map { kind in
            let names = kind.fields.map(\.name)
            let common = CommonFields.pubSub.filter { !names.contains($0.name) }
            return Kind(
                type: kind.type, aliases: kind.aliases, summary: kind.summary,
                fields: kind.fields.filter { $0.refusal == nil } + common)
        } + SecretStoreKind.all.map { Kind(type: $0.type, aliases: [], summary: $0.summary, fields: $0.fields) }

    /// Which types there are, and the settings that each has.
    static var conditions: [JSONValue] {
        let types = kinds.map { kind in
            object([("const", .string(kind.type)), ("description", .string(kind.summary))])
        }
        let others = object([("type", .string("string")), ("pattern", .string(typePattern(kinds.flatMap(names))))])
        let known = inSpec("type", object([("anyOf", .array(types + [others]))]))
        return [known] + kinds.map(condition)
    }

    /// One for each type: an item of `spec.metadata`.
    static var definitions: [(String, JSONValue)] { kinds.map { ($0.type, item($0)) } }

    private static func names(_ kind: Kind) -> [String] { [kind.type] + kind.aliases }

    private static func condition(_ kind: Kind) -> JSONValue {
        let type = object([
            ("type", object([("type", .string("string")), ("pattern", .string(typePattern(names(kind))))]))
        ])
        let isOfType = object([
            (
                "properties",
                object([("spec", object([("properties", type), ("required", .array([.string("type")]))]))])
            )
        ])
        var items: [(String, JSONValue)] = [("items", object([("$ref", .string("#/$defs/\(kind.type)"))]))]
        let required = kind.fields.filter(\.isRequired)
        if !required.isEmpty {
            items.append(("allOf", .array(required.map { object([("contains", named($0))]) })))
        }
        return object([("if", isOfType), ("then", inSpec("metadata", object(items)))])
    }

    private static func inSpec(_ field: String, _ schema: JSONValue) -> JSONValue {
        let spec = object([("properties", object([(field, schema)]))])
        return object([("properties", object([("spec", spec)]))])
    }

    private static func item(_ kind: Kind) -> JSONValue {
        let shown = kind.fields.map { field in
            object([("const", .string(field.name)), ("description", .string(field.text))])
        }
        let all = kind.fields.flatMap { [$0.name] + $0.aliases }
        let others = object([("type", .string("string")), ("pattern", .string(pattern(all)))])
        var members: [(String, JSONValue)] = [
            (
                "properties",
                object([("name", all.isEmpty ? .bool(false) : object([("anyOf", .array(shown + [others]))]))])
            )
        ]
        let values = kind.fields.compactMap { field in
            value(field.type).map { value in
                object([("if", named(field)), ("then", object([("properties", object([("value", value)]))]))])
            }
        }
        if !values.isEmpty { members.append(("allOf", .array(values))) }
        return object(members)
    }

    private static func named(_ field: Field) -> JSONValue {
        let name = object([
            ("type", .string("string")), ("pattern", .string(pattern([field.name] + field.aliases))),
        ])
        return object([("properties", object([("name", name)])), ("required", .array([.string("name")]))])
    }

    /// What a value has to be; `nil` where everything goes.
    private static func value(_ type: FieldType) -> JSONValue? {
        switch type {
        case .text, .bool, .quantity, .duration: nil
        case .integer(let range):
            object([
                (
                    "anyOf",
                    .array([
                        object([
                            ("type", .string("integer")), ("minimum", .number("\(range.lowerBound)")),
                            ("maximum", .number("\(range.upperBound)")),
                        ]),
                        object([("type", .string("string")), ("pattern", .string("^ *[+-]?[0-9]+ *$"))]),
                    ])
                )
            ])
        case .choice(let words):
            object([
                (
                    "anyOf",
                    .array([
                        object([("enum", .array(words.map { .string($0) }))]),
                        object([("type", .string("string")), ("pattern", .string(pattern(words)))]),
                    ])
                )
            ])
        }
    }

    /// A pattern that any of these names matches, in any case: the dialect of schemas has no flag for it.
    private static func pattern(_ names: [String]) -> String {
        "^(" + names.map(anyCase).joined(separator: "|") + ")$"
    }

    /// The category is compared with case.
    private static func typePattern(_ types: [String]) -> String {
        let patterns = types.map { type in
            let category = type.prefix { $0 != "." }
            return category + anyCase(String(type.dropFirst(category.count)))
        }
        return "^(" + patterns.joined(separator: "|") + ")$"
    }

    private static func anyCase(_ name: String) -> String {
        name.reduce(into: "") { pattern, letter in
            switch letter {
            case "a"..."z", "A"..."Z": pattern += "[\(letter.lowercased())\(letter.uppercased())]"
            case ".": pattern += "\\\(letter)"
            default: pattern.append(letter)
            }
        }
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue { ResourceSchema.object(members) }
}
