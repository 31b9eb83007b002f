internal import YAML

/// The C libraries under resources and their rules.
package enum ResourceLibraries {
    /// One line a library: name and version. RE2 tells none.
    package static var lines: [String] { ["libyaml \(LibYAMLVersion.text)", "RE2 (it tells no version)"] }
}
