internal import Bytes
internal import YAML

/// Reads a configuration document as `gopkg.in/yaml.v3` fills Go structs: keys with case, absent and null values change nothing,
/// text takes any scalar as it is written, and a key that comes twice is a fault.
///
/// It goes on after a fault, so that all of them are known at the end.
struct ConfigurationReader {
    /// A mapping that is read key by key.
    struct Section {
        var path: String
        var entries: [(key: String, value: YAMLNode)]
        var mark: Mark

        func path(of key: String) -> String { path.isEmpty ? key : path + "." + key }

        /// The value of a key; `nil` where it is absent or null.
        func value(_ key: String) -> YAMLNode? {
            guard let node = entries.last(where: { $0.key == key })?.value else { return nil }
            return node.scalar?.value(.configuration) == .null ? nil : node
        }
    }

    /// A value of the wrong kind, in Go's words.
    struct Fault: Equatable {
        var text: String
        var field: String
        var mark: Mark
    }

    /// A key that nothing reads.
    struct Unknown: Equatable {
        var field: String
        var hint: String
        var mark: Mark
    }

    /// The most faults, and the most unknown keys, that are noted of one document; further ones are not told.
    static let maximumNotes = 100

    private(set) var faults: [Fault] = []
    private(set) var unknown: [Unknown] = []

    /// The document as a section; `nil` where it is null or no mapping.
    mutating func root(_ node: YAMLNode) -> Section? {
        if node.scalar?.value(.configuration) == .null { return nil }
        return section(node, path: "", type: "config.Configuration")
    }

    /// The section under a key; `nil` where there is none.
    mutating func section(_ parent: Section, _ key: String, type: String) -> Section? {
        guard let node = parent.value(key), let section = section(node, path: parent.path(of: key), type: type) else {
            return nil
        }
        noteUnknown(section)
        return section
    }

    /// The sections of a list; `nil` where there is no list.
    mutating func sections(_ parent: Section, _ key: String, type: String) -> [Section]? {
        guard let elements = elements(parent, key, type: "[]" + type) else { return nil }
        return elements.compactMap { node in
            guard let section = section(node, path: parent.path(of: key), type: type) else { return nil }
            noteUnknown(section)
            return section
        }
    }

    mutating func text(_ parent: Section, _ key: String, into target: inout String) {
        guard let node = parent.value(key) else { return }
        if let scalar = node.scalar { target = scalar.text } else { fault(node, parent.path(of: key), "string") }
    }

    mutating func text(_ parent: Section, _ key: String) -> String {
        var text = ""
        self.text(parent, key, into: &text)
        return text
    }

    mutating func texts(_ parent: Section, _ key: String) -> [String]? {
        guard let elements = elements(parent, key, type: "[]string") else { return nil }
        return elements.compactMap { node in
            guard let scalar = node.scalar else {
                fault(node, parent.path(of: key), "string")
                return nil
            }
            return scalar.value(.configuration) == .null ? "" : scalar.text
        }
    }

    /// Pairs of texts, sorted by key.
    mutating func pairs(_ parent: Section, _ key: String) -> [(key: String, value: String)] {
        let path = parent.path(of: key)
        guard let node = parent.value(key), let section = section(node, path: path, type: "map[string]string") else {
            return []
        }
        let pairs: [(key: String, value: String)] = section.entries.compactMap { entry in
            guard let scalar = entry.value.scalar else {
                fault(entry.value, path, "string")
                return nil
            }
            return (entry.key, scalar.text)
        }
        return pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    /// A truth; YAML 1.1's `y`, `yes`, `on`, `n`, `no` and `off` count where a truth is wanted. `nil` where there is none.
    mutating func bool(_ parent: Section, _ key: String) -> Bool? {
        guard let node = parent.value(key) else { return nil }
        switch node.scalar?.value(.configuration) {
        case .bool(let truth)?: return truth
        case .text("y")?, .text("Y")?, .text("yes")?, .text("on")?: return true
        case .text("n")?, .text("N")?, .text("no")?, .text("off")?: return false
        default:
            fault(node, parent.path(of: key), "bool")
            return nil
        }
    }

    mutating func bool(_ parent: Section, _ key: String, into target: inout Bool) {
        if let truth = bool(parent, key) { target = truth }
    }

    mutating func integers(_ parent: Section, _ key: String) -> [Int]? {
        guard let elements = elements(parent, key, type: "[]int") else { return nil }
        return elements.compactMap { node in
            if case .integer(let number)? = node.scalar?.value(.configuration) { return number }
            fault(node, parent.path(of: key), "int")
            return nil
        }
    }

    mutating func elements(_ parent: Section, _ key: String, type: String) -> [YAMLNode]? {
        guard let node = parent.value(key) else { return nil }
        if let elements = node.elements { return elements }
        fault(node, parent.path(of: key), type)
        return nil
    }

    mutating func fault(_ node: YAMLNode, _ field: String, _ type: String) {
        let text = "line \(node.mark.line): cannot unmarshal \(Self.tagAndValue(node)) into \(type)"
        note(Fault(text: text, field: field, mark: node.mark))
    }

    private mutating func note(_ fault: Fault) {
        if faults.count < Self.maximumNotes { faults.append(fault) }
    }

    /// Notes the keys of a section that its declaration does not have, with the nearest one that it has.
    mutating func noteUnknown(_ section: Section) {
        let known = ResourceDeclaration.configuration.names(at: section.path)
        for entry in section.entries
        where unknown.count < Self.maximumNotes && !known.contains(entry.key) {
            let hint = NearestName.hint(for: entry.key, among: known)
            unknown.append(Unknown(field: section.path(of: entry.key), hint: hint, mark: entry.value.mark))
        }
    }

    private mutating func section(_ node: YAMLNode, path: String, type: String) -> Section? {
        guard let entries = node.entries else {
            fault(node, path, type)
            return nil
        }
        var section = Section(path: path, entries: [], mark: node.mark)
        var lines: [String: Int] = [:]
        for entry in entries {
            guard let key = entry.key.scalar?.text else {
                fault(entry.key, path, "string")
                continue
            }
            let line = entry.key.mark.line
            if let first = lines[key], !entry.isMerged {
                let text = "line \(line): mapping key \"\(key)\" already defined at line \(first)"
                note(Fault(text: text, field: section.path(of: key), mark: entry.key.mark))
            }
            if !entry.isMerged { lines[key] = line }
            section.entries.append((key, entry.value))
        }
        return section
    }

    /// The node's kind, and of a scalar at most its first seven letters.
    private static func tagAndValue(_ node: YAMLNode) -> String {
        switch node.content {
        case .sequence: return "!!seq"
        case .mapping: return "!!map"
        case .scalar(let scalar):
            let tag =
                switch scalar.value(.configuration) {
                case .null: "!!null"
                case .bool: "!!bool"
                case .integer, .unsigned: "!!int"
                case .float: "!!float"
                case .text: "!!str"
                }
            let text = scalar.text.count > 10 ? scalar.text.prefix(7) + "..." : scalar.text[...]
            return "\(tag) `\(text.map { $0.isNewline ? " " : $0 }.reduce(into: "") { $0.append($1) })`"
        }
    }
}
