package import Messaging

/// One field of a kind of resource, declared once: what is read, lint, reference pages and schemas know of it.
package struct ResourceField: Sendable {
    /// What a field holds.
    package indirect enum Shape: Sendable {
        /// One value, as a setting of a component has it.
        case value(FieldType)
        /// A number, with a fraction or without.
        case number
        /// Any value.
        case any
        /// A list of texts.
        case texts
        /// A list of whole numbers.
        case integers
        /// Names with a text each.
        case pairs
        /// A mapping with these fields.
        case object([ResourceField])
        /// A list of mappings with these fields.
        case objects([ResourceField])
        /// Names, each with a mapping of these fields.
        case named([ResourceField])
    }

    package var name: String
    package var shape: Shape
    /// The value where none is given; `nil` where there is none.
    package var defaultValue: String?
    package var isRequired: Bool
    /// The one apiVersion that has the field; empty where all have it.
    package var apiVersion: String
    /// One sentence for the reference page; empty for what is accepted and not shown.
    package var text: String

    package init(
        _ name: String, _ shape: Shape, default defaultValue: String? = nil, required: Bool = false,
        only apiVersion: String = "", _ text: String = ""
    ) {
        self.name = name
        self.shape = shape
        self.defaultValue = defaultValue
        isRequired = required
        self.apiVersion = apiVersion
        self.text = text
    }

    /// Whether reference pages and schemas show it.
    package var isShown: Bool { !text.isEmpty }

    /// The fields of the mapping or mappings that it holds; empty for other shapes.
    package var fields: [ResourceField] {
        switch shape {
        case .object(let fields), .objects(let fields), .named(let fields): fields
        case .value, .number, .any, .texts, .integers, .pairs: []
        }
    }
}
