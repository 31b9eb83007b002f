/// What `martlet explain` shows.
package struct ExplainOptions: Sendable {
    package enum Format: Sendable {
        case text
        case markdown
        case schema
        /// The names alone, with what they are about.
        case names
    }

    /// `nil` asks for the list.
    package var name: String?
    package var format: Format

    package static let flags: [OptionFlag] = [
        OptionFlag("markdown", .toggle, "Print the page as it is in docs"),
        OptionFlag("schema", .toggle, "Print the JSON Schema of a kind of resource, or of all kinds"),
        OptionFlag("names", .toggle, "Print all names").hidden,
    ]

    /// Reads `[flags] [NAME]`.
    package static func parse(_ arguments: [String]) throws(OptionError) -> ExplainOptions {
        let values = try OptionParser(flags).parse(arguments)
        guard values.rest.count <= 1 else { throw .usage("explain takes one name") }
        let formats: [(String, Format)] = [("markdown", .markdown), ("schema", .schema), ("names", .names)]
        let chosen = formats.filter { values.toggle($0.0) }
        guard chosen.count <= 1 else { throw .usage("choose one of --markdown and --schema") }
        return ExplainOptions(name: values.rest.first, format: chosen.first?.1 ?? .text)
    }
}
