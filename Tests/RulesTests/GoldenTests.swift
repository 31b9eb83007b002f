import Testing

@testable import Rules

/// Compiles and evaluates; what does not compile fails the test.
func outcome(of expression: String, on event: RuleEvent) throws -> Outcome {
    let rule = try Rule(expression)
    do {
        return try rule.matches(event) ? .matches : .doesNot
    } catch {
        return .fails(error.message)
    }
}

@Suite struct GoldenTests {
    @Test(arguments: Golden.evaluated.map(\.expression).indices)
    func `a recorded expression ends as in daprd`(index: Int) throws {
        let (expression, expected) = Golden.evaluated[index]
        let event = RuleEvent(JSONReader.tree(Golden.event))
        #expect(try outcome(of: expression, on: event) == expected, "\(expression)")
    }

    @Test(arguments: GoldenStartup.evaluated.indices)
    func `a suspicious expression ends as in daprd`(index: Int) throws {
        let (expression, expected) = GoldenStartup.evaluated[index]
        let event = RuleEvent(JSONReader.tree(GoldenStartup.event))
        #expect(try outcome(of: expression, on: event) == expected, "\(expression)")
    }

    @Test(arguments: GoldenStartup.refused.indices)
    func `a refused expression is refused in the same words`(index: Int) {
        let (expression, message) = GoldenStartup.refused[index]
        let error = #expect(throws: RuleError.self) { try Rule(expression) }
        #expect(error?.description == message)
        #expect(error?.isEvaluation == false)
    }

    @Test(arguments: GoldenStartup.endless)
    func `what daprd compiles for ever does not compile`(expression: String) {
        let error = #expect(throws: RuleError.self) { try Rule(expression) }
        #expect(error?.message.hasPrefix("undeclared reference to '") == true)
    }

    @Test func `two hundred alternatives compile`() throws {
        let source = (0..<200).map { "event.type == \"t\($0)\"" }.joined(separator: " || ")
        let event = RuleEvent(JSONReader.tree(GoldenStartup.event))
        #expect(try !Rule(source).matches(event))
    }
}
