/// The text of an expression as Unicode scalars, with its lines.
struct SourceText: Sendable {
    let scalars: [Unicode.Scalar]
    private let lineStarts: [Int]

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        var starts = [0]
        for (offset, scalar) in scalars.enumerated() where scalar == "\n" { starts.append(offset + 1) }
        lineStarts = starts
    }

    /// The line from 1 and the column from 0 of an offset.
    func place(of offset: Int) -> (line: Int, column: Int) {
        let index = (lineStarts.lastIndex { $0 <= offset }) ?? 0
        return (index + 1, offset - lineStarts[index])
    }

    /// The text between two offsets.
    func text(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[range])
        return String(view)
    }

    /// A finding as cel-go prints it: place, message, the line and a caret; full-width marks stand under what needs more than one byte.
    func display(_ finding: Finding) -> String {
        let (line, column) = place(of: finding.offset)
        let head = "ERROR: <input>:\(line):\(column + 1): \(finding.message)"
        let start = lineStarts[line - 1]
        let end = line < lineStarts.count ? lineStarts[line] - 1 : scalars.count
        let snippet = scalars[start..<end].map { $0 == "\t" ? " " : $0 }
        guard snippet.count <= Self.longestSnippet else { return head }
        var shown = String.UnicodeScalarView()
        shown.append(contentsOf: snippet)
        var mark = ""
        for scalar in snippet.prefix(column) { mark += scalar.isASCII ? "." : "\u{FF0E}" }
        if column < snippet.count, !snippet[column].isASCII {
            mark += "\u{FF3E}"
        } else {
            mark += "^"
        }
        return head + "\n | " + String(shown) + "\n | " + mark
    }

    private static let longestSnippet = 16_384
}

/// Something wrong in a source, at an offset in scalars.
struct Finding: Error, Equatable {
    let offset: Int
    let message: String
}
