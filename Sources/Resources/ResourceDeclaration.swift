internal import Messaging

/// What one kind of resource may hold. `DocumentReader` and `ConfigurationReader` find unknown fields by it, `martlet explain`, the reference
/// pages and the schemas show it.
package struct ResourceDeclaration: Sendable {
    /// As `kind` spells it.
    package var kind: String
    package var apiVersions: [String]
    /// One sentence for the reference page.
    package var summary: String
    /// The fields of the document.
    package var fields: [ResourceField]

    init(_ kind: ResourceKind, _ summary: String, _ fields: [ResourceField]) {
        self.kind = kind.rawValue
        apiVersions = kind.apiVersions
        self.summary = summary
        self.fields =
            [
                ResourceField(
                    "apiVersion", .value(.choice(kind.apiVersions)), required: true, "The version of the kind."),
                ResourceField("kind", .value(.choice([kind.rawValue])), required: true, "The kind."),
                ResourceField("metadata", .object(Self.metadata), required: true, "What the resource is called."),
            ] + fields
    }

    /// Every kind that is read.
    package static let all = [component, subscription, configuration, resiliency]

    /// The names that a mapping may have.
    /// - Parameters:
    ///   - path: the mapping's place, such as `spec.routes`; lists count as their elements, and `*` is any name of the user's. Empty for the document.
    ///   - apiVersion: leaves out what only other versions have; empty for all.
    func names(at path: String, apiVersion: String = "") -> [String] {
        var fields = fields
        for part in path.split(separator: ".") {
            if part == "*" { continue }
            guard let field = fields.first(where: { $0.name == part }) else { return [] }
            fields = field.fields
        }
        return fields.filter { $0.apiVersion.isEmpty || apiVersion.isEmpty || $0.apiVersion == apiVersion }.map(\.name)
    }

    /// What Kubernetes' objects have beside their names is accepted and does nothing.
    private static let metadata =
        [
            ResourceField("name", .value(.text), required: true, "The name by which others refer to it."),
            ResourceField(
                "namespace", .value(.text),
                "Where `NAMESPACE` is set, a resource that names another namespace is not loaded."),
            ResourceField("labels", .pairs, "Accepted, without effect."),
            ResourceField("annotations", .pairs, "Accepted, without effect."),
        ]
        + [
            "generateName", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
            "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields",
        ].map { ResourceField($0, .any) }

    static let scopes = ResourceField(
        "scopes", .texts, "The app ids that it is for, compared exactly; everybody where there are none.")
}
