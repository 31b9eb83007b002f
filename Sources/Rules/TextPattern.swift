/// A regular expression (RE2) that is looked for in short texts, such as names of pairs, or replaces parts of them. Any shard may use it at any time.
package struct TextPattern: Sendable {
    /// Why a pattern does not compile, in the words of Go's regexp package.
    package struct Mistake: Error, CustomStringConvertible {
        package var description: String
    }

    /// Bytes of a result; a longer one is not made, and the text stays.
    package static let longestResult = 4096

    private let expression: RegularExpression
    private let rewrite: String

    /// - Parameter replacement: what a match becomes, in Go's notation: `$1` and `${1}` stand for groups, `$$` for a dollar sign.
    package init(_ pattern: String, replacement: String = "") throws(Mistake) {
        do throws(PatternMistake) {
            expression = try RegularExpression(pattern)
        } catch {
            throw Mistake(description: error.message)
        }
        rewrite = TextPattern.rewrite(replacement)
    }

    /// Whether the pattern is found anywhere in the text.
    package func isFound(in text: String) -> Bool { expression.isFound(in: text) }

    /// The text with every match replaced.
    package func replacing(in text: String) -> String {
        expression.replacing(in: text, with: rewrite, limit: TextPattern.longestResult) ?? text
    }

    /// From Go's notation to RE2's. A name that is no number stands for nothing, as in Go where there is no group of that name.
    static func rewrite(_ replacement: String) -> String {
        var result = ""
        var rest = replacement[...]
        while let first = rest.popFirst() {
            switch first {
            case "\\": result += "\\\\"
            case "$" where rest.first == "$":
                rest.removeFirst()
                result += "$"
            case "$":
                let isBraced = rest.first == "{"
                if isBraced { rest.removeFirst() }
                let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
                rest.removeFirst(name.count)
                if isBraced, rest.first == "}" { rest.removeFirst() }
                if name.count == 1, let group = Int(name) { result += "\\\(group)" }
            default: result.append(first)
            }
        }
        return result
    }
}
