package import Messaging

/// A kind of secret store, as a value: decoding, lint, reference and schemas read this one declaration (spec 3.10).
package struct SecretStoreKind: Sendable {
    /// The type as resources spell it.
    package var type: String
    /// One sentence for the reference page.
    package var summary: String
    package var fields: [Field]

    /// Every kind of this build.
    package static let all = [environment, file]

    /// The kind of a type as `ComponentSpec.lookupType` writes it; `nil` for an unknown one.
    package static func named(_ type: String) -> SecretStoreKind? { all.first { $0.type == type } }

    static let environment = SecretStoreKind(
        type: "secretstores.local.env",
        summary: "Secrets from the variables of the sidecar's environment. `DAPR_…` and tokens are refused.",
        fields: [
            Field("prefix", .text, "What the names of the variables begin with; it is no part of the secrets' names.")
        ])

    static let file = SecretStoreKind(
        type: "secretstores.local.file", summary: "Secrets from a JSON file.",
        fields: [
            Field("secretsFile", .text, required: true, "The path of the file, which holds one JSON object."),
            Field(
                "nestedSeparator", .text, default: ":",
                "What joins the names of nested members to the name of a secret."),
            Field(
                "multiValued", .bool, default: "false",
                "Whether each member of the file is one secret with several keys, and not each leaf a secret of its own."
            ),
        ])
}
