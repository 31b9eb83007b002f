/// Pages of the reference as they stand in `docs`. Pure.
package enum ReferenceMarkdown {
    private static let origin = "<!-- Made by `make docs` from the declarations in Sources; edits here are lost. -->\n"

    /// One page.
    package static func page(_ page: Reference) -> String {
        var text = origin + "\n# \(page.name)\n\n\(page.summary)\n"
        if !page.aliases.isEmpty { text += "\nAlso called \(page.aliases.joined(separator: ", ")).\n" }
        for remark in page.remarks { text += "\n\(remark)\n" }
        if page.subject == .component { text += example(page) }
        for section in page.sections {
            text += "\n## \(section.title)\n\n| Name | Takes | Meaning |\n|---|---|---|\n"
            for row in section.rows { text += line(row) }
        }
        return text
    }

    private static func example(_ page: Reference) -> String {
        let required = page.sections.flatMap(\.rows).filter(\.isRequired)
        let items = required.map { "  - name: \($0.name)\n    value: …\n" }.joined()
        return """

            ```yaml
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: orders
            spec:
              type: \(page.name)
              version: v1
              metadata:\(items.isEmpty ? " []\n" : "\n" + items)```

            Settings are items of `spec.metadata`; their names are compared without case.

            """
    }

    private static func line(_ row: Reference.Row) -> String {
        let margin = String(repeating: "&nbsp;&nbsp;", count: row.depth)
        return "| \(margin)`\(row.name)` | \(escaped(row.facts)) | \(escaped(row.text)) |\n"
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { $0 += $1 == "|" ? "\\|" : String($1) }
    }

    /// The list of pages of one subject.
    package static func index(_ subject: Reference.Subject) -> String {
        let title = subject == .component ? "Types of components" : "Kinds of resources"
        let lines = Reference.all.filter { $0.subject == subject }.map {
            "- [`\($0.name)`](\($0.name).md): \($0.summary)\n"
        }
        return origin + "\n# \(title)\n\n" + lines.joined()
    }
}
