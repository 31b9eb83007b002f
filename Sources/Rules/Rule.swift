/// One compiled expression of a routing rule.
///
/// It never changes, so any shard may use it at any time.
package struct Rule: Sendable {
    /// The text it was made from.
    package let source: String
    private let root: any Node

    /// Parses and checks.
    ///
    /// - Throws: A `RuleError` with all findings and their places. What is refused is what cel-go refuses, and what daprd never finishes
    ///   compiling: an unknown function, a macro with the wrong number of arguments.
    package init(_ source: String) throws(RuleError) { try self.init(source, numbers: []) }

    /// Parses and checks a condition over numbers instead of an event, such as the one that opens a circuit breaker.
    /// - Parameter numbers: the variables; each is a member of the `RuleEvent` and a whole number. `event` is no variable here.
    package init(_ source: String, numbers: [String]) throws(RuleError) {
        self.source = source
        let text = SourceText(source)
        guard text.scalars.count <= RuleLimits.sourceLength else {
            let message =
                "expression code point size exceeds limit: size: \(text.scalars.count), limit \(RuleLimits.sourceLength)"
            throw RuleError(findings: [Finding(offset: 0, message: message)], in: SourceText(""))
        }
        var parser = Parser(text)
        let expression = parser.parse()
        guard let expression, parser.findings.isEmpty else { throw RuleError(findings: parser.findings, in: text) }
        let findings = Checker.check(expression)
        guard findings.isEmpty else { throw RuleError(findings: findings, in: text) }
        do throws(Finding) {
            var planner = Planner(numbers: numbers)
            root = try planner.plan(expression)
        } catch {
            throw RuleError(findings: [error], in: text)
        }
    }

    /// Evaluates against an event.
    ///
    /// - Throws: A `RuleError` that `isEvaluation`: something was missing, went wrong, took too many steps, or the result is no boolean.
    package func matches(_ event: RuleEvent) throws(RuleError) -> Bool {
        var frame = Frame()
        let result: Value
        do throws(Failure) {
            result = try root.evaluate(event, &frame)
        } catch {
            throw RuleError(evaluation: error.message, logged: error.loggedMessage)
        }
        guard case .bool(let answer) = result else {
            throw RuleError(evaluation: "the result of match expression \(source) was not a boolean")
        }
        return answer
    }
}
