internal import Bytes

/// A component whose values are known: secrets fetched, environment read, templates filled in.
package struct ResolvedComponent: Sendable, Equatable {
    /// One metadata item.
    package struct Property: Sendable, Equatable {
        package var name: String
        package var value: String
        /// Whether the value came from a secret store, and so must never be printed.
        package var isSecret: Bool
        /// Whether `{uuid}` was filled in, so that the value is another one each time.
        package var isRandom = false
        /// The line of the item; zero where the runtime added it.
        package var line: Int
        package var column: Int

        package init(name: String, value: String, isSecret: Bool = false, line: Int = 0, column: Int = 0) {
            self.name = name
            self.value = value
            self.isSecret = isSecret
            self.line = line
            self.column = column
        }
    }

    package var spec: ComponentSpec
    package var properties: [Property]
    /// Whether a value held `{namespace}`: then the namespace is put in front of every topic (spec 1.4).
    package var isNamespaced: Bool

    package init(spec: ComponentSpec, properties: [Property], isNamespaced: Bool = false) {
        self.spec = spec
        self.properties = properties
        self.isNamespaced = isNamespaced
    }

    /// The value of the first property of this name, compared without case.
    package func value(_ name: String) -> String? {
        properties.first { ASCII.equalIgnoringCase($0.name, name) }?.value
    }
}
