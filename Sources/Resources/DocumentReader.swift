internal import Bytes
internal import YAML

/// Reads one document into Swift values by the rules of Go's JSON decoder behind `sigs.k8s.io/yaml`: keys without case, unknown
/// keys left alone, null as the zero value, numbers and truths as text where text is wanted, and nothing else converted.
///
/// It goes on after a fault, so that all of them are known at the end; whoever reads decides what they mean.
struct DocumentReader {
    /// A mapping that is read field by field.
    struct Object {
        /// The Go struct that it becomes, for messages.
        var owner: String
        /// Its path in the document, such as `spec.routes`; empty for the document itself.
        var path: String
        var entries: [(key: String, value: YAMLNode)]
        var mark: Mark

        func path(of field: String) -> String { path.isEmpty ? field : path + "." + field }

        /// The value of a field. Of several spellings the one whose bytes sort last counts, because the YAML becomes JSON
        /// with sorted keys and Go's decoder takes the last; of equal keys the last.
        func value(_ field: String) -> YAMLNode? {
            var best: (key: String, value: YAMLNode)?
            for entry in entries where ASCII.equalIgnoringCase(entry.key, field) {
                if let best, entry.key.utf8.lexicographicallyPrecedes(best.key.utf8) { continue }
                best = entry
            }
            return best?.value
        }
    }

    /// A value of the wrong kind, in Go's words.
    struct Mismatch {
        var text: String
        /// The same in our own words.
        var plain: String
        var field: String
        var mark: Mark
    }

    /// Something that is read and does not do what its author may think: a key that nothing reads, a value that is not used.
    struct Remark {
        var text: String
        var field: String
        var mark: Mark
    }

    /// The most faults, and the most remarks, that are noted of one document; further ones are not told.
    static let maximumNotes = 100

    /// What is added to lines of the document to get lines of the file.
    let lineOffset: Int
    private(set) var mismatches: [Mismatch] = []
    private(set) var remarks: [Remark] = []

    init(firstLine: Int = 1) { lineOffset = firstLine - 1 }

    /// A place of the document as a place of the file.
    func inFile(_ mark: Mark) -> Mark { Mark(line: mark.line + lineOffset, column: mark.column) }

    func place(_ node: YAMLNode) -> Mark { inFile(node.mark) }

    /// The document as an object, `nil` where it is null or no mapping.
    mutating func root(_ node: YAMLNode, type: String) -> Object? {
        switch node.content {
        case .mapping(let entries):
            return Object(owner: "", path: "", entries: keyed(entries, path: ""), mark: node.mark)
        case .scalar(let scalar) where scalar.value(.resources) == .null: return nil
        default:
            mismatches.append(
                Mismatch(
                    text: "json: cannot unmarshal \(Self.kind(node)) into Go value of type \(type)",
                    plain: "the document is no mapping; a resource begins with apiVersion and kind", field: "",
                    mark: place(node)))
            return nil
        }
    }

    /// An object in a field; empty where it is absent or null.
    mutating func object(_ parent: Object, _ field: String, owner: String, type: String) -> Object {
        let path = parent.path(of: field)
        let empty = Object(owner: owner, path: path, entries: [], mark: parent.mark)
        guard let node = present(parent, field) else { return empty }
        guard case .mapping(let entries) = node.content else {
            mismatch(node, parent, path, type)
            return empty
        }
        return Object(owner: owner, path: path, entries: keyed(entries, path: path), mark: node.mark)
    }

    /// The elements of a list in a field; empty where it is absent or null.
    mutating func list(_ parent: Object, _ field: String, type: String) -> [YAMLNode] {
        guard let node = present(parent, field) else { return [] }
        guard case .sequence(let elements) = node.content else {
            mismatch(node, parent, parent.path(of: field), type)
            return []
        }
        return elements
    }

    /// The objects of a list in a field, a null element as an empty object.
    mutating func objects(_ parent: Object, _ field: String, owner: String, type: String) -> [Object] {
        let path = parent.path(of: field)
        var objects: [Object] = []
        for node in list(parent, field, type: "[]" + type) {
            switch node.content {
            case .mapping(let entries):
                objects.append(Object(owner: owner, path: path, entries: keyed(entries, path: path), mark: node.mark))
            case .scalar(let scalar) where scalar.value(.resources) == .null:
                objects.append(Object(owner: owner, path: path, entries: [], mark: node.mark))
            default: mismatch(node, parent, path, type)
            }
        }
        return objects
    }

    /// A text; empty where it is absent or null.
    mutating func text(_ parent: Object, _ field: String) -> String {
        guard let node = present(parent, field) else { return "" }
        if let text = Self.text(node) { return text }
        mismatch(node, parent, parent.path(of: field), "string")
        return ""
    }

    /// A list of texts.
    mutating func texts(_ parent: Object, _ field: String) -> [String] {
        var texts: [String] = []
        for node in list(parent, field, type: "[]string") {
            if let text = Self.text(node) {
                texts.append(text)
            } else {
                mismatch(node, parent, parent.path(of: field), "string")
            }
        }
        return texts
    }

    /// Pairs of texts in the order of the document.
    mutating func pairs(_ parent: Object, _ field: String) -> [(key: String, value: String)] {
        let path = parent.path(of: field)
        guard let node = present(parent, field) else { return [] }
        guard case .mapping(let entries) = node.content else {
            mismatch(node, parent, path, "map[string]string")
            return []
        }
        var pairs: [(key: String, value: String)] = []
        for (key, value) in keyed(entries, path: path) {
            if let text = Self.text(value) {
                pairs.append((key, text))
            } else {
                mismatch(value, parent, path, "string")
            }
        }
        return pairs
    }

    /// A truth; false where it is absent or null.
    mutating func bool(_ parent: Object, _ field: String) -> Bool {
        guard let node = present(parent, field) else { return false }
        if case .bool(let truth)? = node.scalar?.value(.resources) { return truth }
        mismatch(node, parent, parent.path(of: field), "bool")
        return false
    }

    /// A whole number of 32 bits; zero where it is absent or null.
    mutating func integer(_ parent: Object, _ field: String) -> Int {
        guard let node = present(parent, field) else { return 0 }
        if case .integer(let number)? = node.scalar?.value(.resources), let small = Int32(exactly: number) {
            return Int(small)
        }
        mismatch(node, parent, parent.path(of: field), "int32", withNumber: true)
        return 0
    }

    /// Notes the keys of an object that its declaration does not have, with the nearest one that it has.
    /// - Parameter path: its place in the declaration, where it is not its path in the document.
    mutating func noteUnknown(
        _ object: Object, _ declaration: ResourceDeclaration, at path: String? = nil, apiVersion: String = ""
    ) {
        let known = declaration.names(at: path ?? object.path, apiVersion: apiVersion)
        for entry in object.entries where !known.contains(where: { ASCII.equalIgnoringCase($0, entry.key) }) {
            let hint = NearestName.hint(for: entry.key, among: known)
            remark(object, entry.key, "unknown field, it has no effect" + hint)
        }
    }

    /// Notes something about the value of a field.
    mutating func remark(_ object: Object, _ field: String, _ text: String) {
        guard remarks.count < Self.maximumNotes else { return }
        let mark = object.value(field)?.mark ?? object.mark
        remarks.append(Remark(text: text, field: object.path(of: field), mark: inFile(mark)))
    }

    /// Where the value of a field stands in the file, the object itself where it is absent.
    func place(_ object: Object, _ field: String) -> Mark { inFile(object.value(field)?.mark ?? object.mark) }

    private func present(_ parent: Object, _ field: String) -> YAMLNode? {
        guard let node = parent.value(field) else { return nil }
        return node.scalar?.value(.resources) == .null ? nil : node
    }

    private mutating func mismatch(
        _ node: YAMLNode, _ parent: Object, _ path: String, _ type: String, withNumber: Bool = false
    ) {
        var kind = Self.kind(node)
        if withNumber, kind == "number", let text = ResourceJSON.text(of: node) { kind += " " + text }
        note(
            Mismatch(
                text: "json: cannot unmarshal \(kind) into Go struct field \(parent.owner).\(path) of type \(type)",
                plain: "is \(Self.plainKind(node)); \(Self.plainName(of: type))", field: path, mark: place(node)))
    }

    /// What a Go type wants, in words.
    private static func plainName(of type: String) -> String {
        switch type {
        case "string": "write a text"
        case "bool": "write true or false"
        case "int32": "write a whole number"
        case "map[string]string": "write names and texts"
        case _ where type.hasPrefix("[]"): "write a list"
        default: "write a mapping with fields"
        }
    }

    private static func plainKind(_ node: YAMLNode) -> String {
        switch kind(node) {
        case "array": "a list"
        case "object": "a mapping"
        case "bool": "a truth"
        case "number": "a number"
        case "null": "empty"
        default: "a text"
        }
    }

    private mutating func note(_ mismatch: Mismatch) {
        if mismatches.count < Self.maximumNotes { mismatches.append(mismatch) }
    }

    private mutating func keyed(_ entries: [YAMLNode.Entry], path: String) -> [(key: String, value: YAMLNode)] {
        var keyed: [(key: String, value: YAMLNode)] = []
        for entry in entries {
            if let key = Self.text(entry.key), entry.key.scalar?.value(.resources) != .null {
                keyed.append((key, entry.value))
            } else {
                note(
                    Mismatch(
                        text: "unsupported map key of a kind other than text", plain: "has a key that is no text",
                        field: path, mark: place(entry.key)))
            }
        }
        return keyed
    }

    /// The text of a scalar as `sigs.k8s.io/yaml` gives it to a text field; `nil` for sequences and mappings.
    static func text(_ node: YAMLNode) -> String? {
        guard let scalar = node.scalar else { return nil }
        switch scalar.value(.resources) {
        case .null: return ""
        case .bool(let truth): return truth ? "true" : "false"
        case .integer(let number): return String(number)
        case .unsigned(let number): return String(number)
        case .float(let number): return GoNumber.general32(number)
        case .text(let text): return text
        }
    }

    private static func kind(_ node: YAMLNode) -> String {
        switch node.content {
        case .sequence: return "array"
        case .mapping: return "object"
        case .scalar(let scalar):
            switch scalar.value(.resources) {
            case .null: return "null"
            case .bool: return "bool"
            case .integer, .unsigned, .float: return "number"
            case .text: return "string"
            }
        }
    }
}
