/// What the API needs of the rest of the sidecar, besides publishing. `Runtime` implements it; called on the shard.
package protocol APIBackend: AnyObject {
    /// What is still waited for; empty when the sidecar is ready.
    var readinessTargets: [String] { get }
    /// Whether events can be published.
    var isOutboundReady: Bool { get }
    /// What this sidecar is and has, as of now.
    var metadata: MetadataAnswer { get }
    /// Adds a pair to what the metadata answer shows under `extended`.
    func setMetadata(key: String, value: String)
    /// Ends the sidecar, with a drain or (forced) without.
    func shutDown(isForced: Bool)
}
