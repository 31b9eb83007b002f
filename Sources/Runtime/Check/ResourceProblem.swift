internal import Resources

/// One thing that is wrong in resources, as `martlet check` tells it.
package struct ResourceProblem: Sendable, Equatable {
    package enum Severity: String, Sendable {
        /// The sidecar does not start, or leaves out what was asked for.
        case error
        /// daprd lets it pass: something has no effect, or another one than its author may think.
        case warning
    }

    package var severity: Severity
    /// The file or folder as it was given; empty where it is about the environment.
    package var file: String
    /// Counted from one; zero where it is about the whole file.
    package var line: Int
    /// Counted from one; zero where there is none.
    package var column: Int
    /// The name of the component or other resource; empty where it has none.
    package var resource: String
    /// The field, as a path or as the name of a setting; empty where it is about the whole.
    package var field: String
    /// What is wrong and what to do, in one line, without values that are secret.
    package var message: String

    /// What a finding means for a check; `nil` where it is nothing to complain about.
    init?(_ finding: Finding) {
        switch finding.severity {
        case .info: return nil
        case .warning: severity = finding.isLeftOut ? .error : .warning
        case .error, .fatal: severity = .error
        }
        file = finding.file
        line = finding.line
        column = finding.column
        resource = finding.resource
        field = finding.field
        message = finding.plain.isEmpty ? Self.withoutPrefix(finding.message) : finding.plain
    }

    /// What daprd puts in front of everything says nothing here.
    private static func withoutPrefix(_ message: String) -> String {
        var rest = message[...]
        for prefix in ["error loading configuration: ", "yaml: unmarshal errors: "] where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
        }
        // The line of the finding says it, too.
        let line = "line "
        if rest.hasPrefix(line), let colon = rest.firstIndex(of: ":"),
            rest[rest.index(rest.startIndex, offsetBy: line.count)..<colon].allSatisfy(\.isNumber)
        {
            rest = rest[rest.index(after: colon)...].drop { $0 == " " }
        }
        return String(rest)
    }
}

extension ResourceProblem {
    /// Whether it stands before another one in the files.
    func precedes(_ other: ResourceProblem) -> Bool {
        if file != other.file { return file.utf8.lexicographicallyPrecedes(other.file.utf8) }
        return (line, column) < (other.line, other.column)
    }
}

extension ResourceProblem: CustomStringConvertible {
    /// `pubsub.yaml:12:7: warning: orders: redisHots: unknown field, …`, as compilers write it.
    package var description: String {
        var text = file
        if line > 0 { text += ":\(line)" }
        if line > 0, column > 0 { text += ":\(column)" }
        for part in [severity.rawValue, resource, field, message] where !part.isEmpty {
            text += (text.isEmpty ? "" : ": ") + part
        }
        return text
    }
}
