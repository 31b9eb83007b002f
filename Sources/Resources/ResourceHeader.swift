internal import YAML

/// What every resource says first: what it is and what it is called.
struct ResourceHeader {
    var apiVersion: String
    var kind: String
    var name: String
    var namespace: String
    var file: String
    var line: Int
    var kindPlace: Mark
    var apiVersionPlace: Mark
    var namePlace: Mark

    init(_ root: DocumentReader.Object, file: String, _ reader: inout DocumentReader) {
        apiVersion = reader.text(root, "apiVersion")
        kind = reader.text(root, "kind")
        let metadata = reader.object(root, "metadata", owner: "ObjectMeta", type: "v1.ObjectMeta")
        // Every kind has the same metadata.
        reader.noteUnknown(metadata, .component)
        name = reader.text(metadata, "name")
        namespace = reader.text(metadata, "namespace")
        self.file = file
        line = root.mark.line + reader.lineOffset
        kindPlace = reader.place(root, "kind")
        apiVersionPlace = reader.place(root, "apiVersion")
        namePlace = reader.place(metadata, "name")
    }

    /// Why the name cannot be a segment of a path, in daprd's words; `nil` where it can.
    var nameFault: String? {
        if name == "." || name == ".." { return "may not be '\(name)'" }
        let faults = ["/", "%"].filter { name.contains($0) }.map { "may not contain '\($0)'" }
        return faults.isEmpty ? nil : faults.joined(separator: "; ")
    }
}

/// The kinds of resources that a directory may hold.
enum ResourceKind: String, CaseIterable {
    case component = "Component"
    case subscription = "Subscription"
    case resiliency = "Resiliency"
    case httpEndpoint = "HTTPEndpoint"
    /// Read from `--config` only.
    case configuration = "Configuration"
    /// Not supported here.
    case mcpServer = "MCPServer"
    /// Not supported here.
    case workflowAccessPolicy = "WorkflowAccessPolicy"

    static let group = "dapr.io/"
    static let firstVersion = "dapr.io/v1alpha1"
    static let secondVersion = "dapr.io/v2alpha1"

    /// The versions of the kind that are read.
    var apiVersions: [String] {
        self == .subscription ? [Self.firstVersion, Self.secondVersion] : [Self.firstVersion]
    }
}
