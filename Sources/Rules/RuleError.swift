/// Why an expression does not compile, or why its evaluation gave no boolean.
package struct RuleError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The first reason, without a place.
    package let message: String
    /// Line of the first reason, from 1; 0 for an evaluation.
    package let line: Int
    /// Column of the first reason in Unicode scalars, from 1; 0 for an evaluation.
    package let column: Int
    /// For an expression that does not compile: every reason with its place, the line of source and a caret under it, as cel-go prints them.
    /// For an evaluation: the message.
    package let description: String
    /// The description without what may be data of an event: for logs.
    package let logged: String

    /// Whether the expression compiled and its evaluation ended with this error.
    package var isEvaluation: Bool { line == 0 }

    /// - Parameter findings: Not empty; in any order.
    init(findings: [Finding], in source: SourceText) {
        let sorted = findings.sorted { $0.offset < $1.offset }
        let first = sorted.first ?? Finding(offset: 0, message: "unknown error")
        let place = source.place(of: first.offset)
        message = first.message
        line = place.line
        column = place.column + 1
        var shown = sorted.prefix(RuleLimits.findings).map { source.display($0) }
        if sorted.count > RuleLimits.findings {
            shown.append("\(sorted.count - RuleLimits.findings) more errors were truncated")
        }
        description = shown.joined(separator: "\n")
        logged = description
    }

    init(evaluation message: String, logged: String? = nil) {
        self.message = message
        self.logged = logged ?? message
        line = 0
        column = 0
        description = message
    }
}
