internal import Bytes

/// Component types that a Configuration forbids: `type` for every version, or `type/version`, compared without case.
package struct DenyList: Sendable, Equatable {
    private struct Entry: Sendable, Equatable {
        var type: String
        /// `nil` denies every version.
        var version: String?
    }

    private let entries: [Entry]

    /// Takes the entries of `spec.components.deny`.
    package init(_ entries: [String]) {
        self.entries = entries.map { entry in
            guard let slash = entry.lastIndex(of: "/") else { return Entry(type: entry, version: nil) }
            let version = entry[entry.index(after: slash)...]
            return Entry(type: String(entry[..<slash]), version: ComponentVersion.normalized(String(version)))
        }
    }

    /// Denies nothing.
    package static let none = DenyList([])

    package func denies(_ component: ComponentSpec) -> Bool {
        entries.contains { entry in
            ASCII.equalIgnoringCase(entry.type, component.type)
                && (entry.version == nil || entry.version == component.lookupVersion)
        }
    }
}
