/// For whom resources are read.
package struct ResourceContext: Sendable {
    /// The app id of the sidecar.
    package var appID: String
    /// The environment of the process.
    package var environment: [String: String]
    /// The namespace that resources are filtered by; `nil` where `NAMESPACE` is unset or empty, and then none is left out.
    package var namespaceFilter: String?
    /// Whether resources of every app are taken, as a check does that nobody gave an app.
    package var isForEverybody: Bool

    package init(appID: String, environment: [String: String], isForEverybody: Bool = false) {
        self.appID = appID
        self.isForEverybody = isForEverybody
        self.environment = environment
        let namespace = environment["NAMESPACE"] ?? ""
        namespaceFilter = namespace.isEmpty ? nil : namespace
    }

    /// The namespace for topics and templates: `NAMESPACE`, else `default`.
    package var namespace: String { namespaceFilter ?? "default" }

    /// Whether a resource with these scopes is for this app: an empty list is for everybody.
    package func isInScope(_ scopes: [String]) -> Bool {
        isForEverybody || scopes.isEmpty || scopes.contains(appID)
    }

    /// Whether a resource that names this namespace is for this process.
    package func isInNamespace(_ namespace: String) -> Bool {
        guard let namespaceFilter, !namespace.isEmpty else { return true }
        return namespace == namespaceFilter
    }
}
