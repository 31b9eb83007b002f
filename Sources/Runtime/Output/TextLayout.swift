/// Breaks texts into lines for a terminal.
package enum TextLayout {
    /// The width that texts are laid out for.
    package static let terminalWidth = 80

    /// A text in lines of at most a width, broken at spaces; a word that is longer stands alone and sticks out.
    /// - Parameter indent: spaces in front of every line but the first, which keeps those that it has.
    package static func wrapped(_ text: String, width: Int, indent: Int = 0) -> String {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = String(text.prefix { $0 == " " })
        var isEmpty = true
        for word in text.dropFirst(line.count).split(separator: " ", omittingEmptySubsequences: false) {
            if isEmpty {
                line += word
            } else if line.count + 1 + word.count <= width {
                line += " " + word
            } else {
                lines.append(line)
                line = margin + word
            }
            isEmpty = false
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
