/// One Component as its file says it.
package struct ComponentSpec: Sendable, Equatable {
    /// One item of `spec.metadata`.
    package struct Item: Sendable, Equatable {
        /// A reference to a secret; an empty key means the name.
        package struct SecretKeyRef: Sendable, Equatable {
            package var name: String
            package var key: String

            package init(name: String, key: String) {
                self.name = name
                self.key = key
            }
        }

        package var name: String
        /// The value as text: strings as they are, other scalars and nested values as JSON; `nil` where there is none or null.
        package var value: String?
        package var secretKeyRef: SecretKeyRef?
        package var envRef: String
        package var line: Int
        package var column: Int

        package init(
            name: String, value: String? = nil, secretKeyRef: SecretKeyRef? = nil, envRef: String = "", line: Int = 0,
            column: Int = 0
        ) {
            self.name = name
            self.value = value
            self.secretKeyRef = secretKeyRef
            self.envRef = envRef
            self.line = line
            self.column = column
        }
    }

    package var name: String
    package var namespace = ""
    /// As written.
    package var type: String
    /// As written; empty where it is not given.
    package var version: String
    package var ignoreErrors = false
    /// Five seconds where none is given or it is no duration.
    package var initTimeout: Duration = ComponentSpec.defaultInitTimeout
    package var items: [Item] = []
    /// `auth.secretStore`; empty where it is not given.
    package var secretStore = ""
    package var scopes: [String] = []
    package var file = ""
    package var line = 0
    package var places = FieldPlaces()

    package init(name: String, type: String, version: String = "v1") {
        self.name = name
        self.type = type
        self.version = version
    }

    package static let defaultInitTimeout = Duration.seconds(5)
}

extension ComponentSpec {
    /// `orders (pubsub.redis/v1)`, as daprd's messages name a component.
    package var logName: String { "\(name) (\(type)/\(version))" }

    /// The part of the type before the first dot, as written: categories are compared with case. Empty where there is no dot.
    package var category: String {
        guard let dot = type.firstIndex(of: ".") else { return "" }
        return String(type[..<dot])
    }

    /// The type by which a kind is looked up: the category as written, the rest in lower case.
    package var lookupType: String {
        guard let dot = type.firstIndex(of: ".") else { return type }
        return type[..<dot] + type[dot...].lowercased()
    }

    /// The version by which a kind is looked up: nothing, `v0` and `v1` in any case are `v1`.
    package var lookupVersion: String { ComponentVersion.normalized(version) }

    package var isPubSub: Bool { category == "pubsub" }

    package var isSecretStore: Bool { category == "secretstores" }

    /// Whether it is a secret store of a type that there is.
    package var isKnownSecretStore: Bool { SecretStoreKind.named(lookupType) != nil && lookupVersion == "v1" }

    /// Where its type stands, else where it begins.
    package var typePlace: FieldPlaces.Place { places["spec.type"] ?? FieldPlaces.Place(line: line, column: 1) }
}

extension ComponentSpec.Item {
    var place: FieldPlaces.Place { FieldPlaces.Place(line: line, column: column) }
}

/// Versions of component types.
package enum ComponentVersion {
    /// Nothing, `v0` and `v1` mean the first stable version; others are themselves in lower case.
    package static func normalized(_ version: String) -> String {
        let lowered = version.lowercased()
        return lowered.isEmpty || lowered == "v0" ? "v1" : lowered
    }
}
