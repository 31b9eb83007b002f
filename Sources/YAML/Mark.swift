/// A place in a text. Lines and columns count from one.
package struct Mark: Sendable, Hashable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The first character of a text.
    package static let start = Mark(line: 1, column: 1)
}
