internal import Bytes

/// Which secrets of one store may be read through the API: `spec.secrets.scopes`.
package struct SecretScope: Sendable, Equatable {
    package var storeName: String
    /// `allow`, `deny` or nothing, which is `allow`.
    package var defaultAccess: String
    package var allowedSecrets: [String]
    package var deniedSecrets: [String]

    package init(
        storeName: String, defaultAccess: String = "", allowedSecrets: [String] = [], deniedSecrets: [String] = []
    ) {
        self.storeName = storeName
        self.defaultAccess = defaultAccess
        self.allowedSecrets = allowedSecrets
        self.deniedSecrets = deniedSecrets
    }

    /// A list of allowed secrets lets nothing else through; else what is denied is refused; else the default counts.
    package func allows(_ secret: String) -> Bool {
        if !allowedSecrets.isEmpty { return allowedSecrets.contains(secret) }
        if deniedSecrets.contains(secret) { return false }
        return !ASCII.equalIgnoringCase(defaultAccess, "deny")
    }
}
