/// Why a text could not be read as YAML.
package struct YAMLError: Error, Sendable, Equatable {
    /// What is wrong, in libyaml's words where they are its own.
    package var problem: String
    /// Where.
    package var mark: Mark
    /// The line that Go's YAML package names for the same fault; zero where it names none. It is not always `mark.line`:
    /// that package counts from zero where its parser, and not its scanner, finds the fault.
    package var goLine: Int

    package init(problem: String, mark: Mark, goLine: Int) {
        self.problem = problem
        self.mark = mark
        self.goLine = goLine
    }

    /// The fault as Go's YAML package prints it, such as `yaml: line 4: did not find expected key`.
    package var goText: String { goLine == 0 ? "yaml: \(problem)" : "yaml: line \(goLine): \(problem)" }
}
