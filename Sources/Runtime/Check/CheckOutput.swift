internal import Events

/// What `martlet check` prints. Pure.
package enum CheckOutput {
    /// One line a problem, as compilers write them, and a last one that counts.
    /// - Parameter width: longer lines are broken behind it; `nil` leaves them whole.
    package static func text(_ report: ResourceCheck.Report, width: Int? = nil) -> String {
        var text = ""
        for problem in report.problems {
            let line = problem.description
            text += (width.map { TextLayout.wrapped(line, width: $0, indent: 4) } ?? line) + "\n"
        }
        return text + summary(report) + "\n"
    }

    private static func summary(_ report: ResourceCheck.Report) -> String {
        let files = counted(report.files, "file")
        if report.problems.isEmpty { return "\(files) checked, nothing is wrong" }
        return "\(files) checked: \(counted(report.errors, "error")), \(counted(report.warnings, "warning"))"
    }

    private static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// One JSON object; its members are described in docs/commands.md and stay.
    package static func json(_ report: ResourceCheck.Report) -> String {
        let findings = report.problems.map { problem in
            JSONValue.object([
                member("severity", problem.severity.rawValue), member("file", problem.file),
                member("line", problem.line), member("column", problem.column), member("resource", problem.resource),
                member("field", problem.field), member("message", problem.message),
            ])
        }
        let whole = JSONValue.object([
            member("files", report.files), member("errors", report.errors), member("warnings", report.warnings),
            JSONMember(name: "findings", value: .array(findings)),
        ])
        return PrettyJSON.text(whole)
    }

    private static func member(_ name: String, _ text: String) -> JSONMember {
        JSONMember(name: name, value: .string(text))
    }

    private static func member(_ name: String, _ number: Int) -> JSONMember {
        JSONMember(name: name, value: .number("\(number)"))
    }
}
