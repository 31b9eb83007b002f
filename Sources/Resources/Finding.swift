/// One thing that a user should know about a resource, said so that a person can act on it.
///
/// Findings are collected, so that everything that is wrong is told at once. Where daprd logs a text for the same fault the
/// message begins with that text. A message never holds a value that came from a secret or a field that is declared secret.
package struct Finding: Sendable, Equatable {
    /// What follows from it.
    package enum Severity: Int, Sendable, Comparable {
        /// Nothing; told for completeness.
        case info
        /// Something is left out or read differently than the user may expect; the rest goes on.
        case warning
        /// Something that was asked for is not there: a file's text is no YAML, a secret is missing, or the component that is named
        /// cannot start with its values. Whether that ends the process is for the runtime to say.
        case error
        /// The process cannot start.
        case fatal

        package static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
    }

    package var severity: Severity
    /// The file, empty where there is none.
    package var file: String
    /// The line in the file, counted from one; zero where there is none.
    package var line: Int
    /// The column in the line, counted from one; zero where there is none.
    package var column: Int
    /// The name of the component or other resource; empty where it has none.
    package var resource: String
    /// The field, as a path such as `spec.routes.rules` or a metadata name; empty where it is about the whole.
    package var field: String
    /// What is wrong and what to do, in one line.
    package var message: String
    /// The same in our own words, where the message is daprd's and hard to read; else empty.
    package var plain = ""
    /// Whether the resource is left out because of it, although the rest goes on.
    package var isLeftOut = false

    package init(
        _ severity: Severity, file: String = "", line: Int = 0, column: Int = 0, resource: String = "",
        field: String = "", _ message: String
    ) {
        self.severity = severity
        self.file = Self.oneLine(file)
        self.line = line
        self.column = column
        self.resource = Self.oneLine(resource)
        self.field = Self.oneLine(field)
        self.message = Self.oneLine(message)
    }

    /// The most bytes of each text; a longer one is cut.
    package static let maximumBytes = 4096

    /// The text with control characters as spaces, cut at the bound: names in it come from files and may hold anything.
    private static func oneLine(_ text: String) -> String {
        let isPlain = text.utf8.count <= maximumBytes && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        if isPlain { return text }
        let bytes = text.utf8.prefix(maximumBytes).map { $0 >= 0x20 && $0 != 0x7F ? $0 : 0x20 }
        return String(decoding: bytes, as: UTF8.self) + (text.utf8.count > maximumBytes ? "…" : "")
    }
}

extension Finding: CustomStringConvertible {
    /// Place, resource, field and message: `pubsub.yaml:12: orders: redisHost: …`.
    package var description: String {
        var text = file
        if line > 0 { text += ":\(line)" }
        for part in [resource, field, message] where !part.isEmpty { text += (text.isEmpty ? "" : ": ") + part }
        return text
    }
}
