/// Pages of the reference for a terminal. Pure.
package enum ReferenceText {
    private static let width = TextLayout.terminalWidth

    /// One page.
    package static func page(_ page: Reference) -> String {
        var lines = [page.name + (page.aliases.isEmpty ? "" : " (also \(page.aliases.joined(separator: ", ")))")]
        lines.append(TextLayout.wrapped(page.summary, width: width))
        lines += page.remarks.map { TextLayout.wrapped($0, width: width) }
        for section in page.sections {
            lines += ["", section.title + ":"]
            for row in section.rows { lines += self.lines(row) }
        }
        if page.subject == .component {
            lines += [
                "", "Each setting is an item of spec.metadata with name and value; names are", "compared without case.",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(_ row: Reference.Row) -> [String] {
        let margin = String(repeating: " ", count: 2 + row.depth * 2)
        let text = TextLayout.wrapped(margin + "    " + row.text, width: width, indent: margin.count + 4)
        return [margin + row.name + ": " + row.facts, text]
    }

    /// All pages with their first sentence.
    package static func list(_ pages: [Reference]) -> String {
        func lines(_ subject: Reference.Subject) -> String {
            pages.filter { $0.subject == subject }.map { page in
                "  \(page.name)\n" + TextLayout.wrapped("      " + page.summary, width: width, indent: 6) + "\n"
            }.joined()
        }
        return "Kinds of resources:\n" + lines(.resource) + "\nTypes of components:\n" + lines(.component)
            + "\nmartlet explain NAME shows the fields of one.\n"
    }
}
