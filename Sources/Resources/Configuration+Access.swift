extension Configuration.APIAccess.Rule {
    /// The APIs that rules may name (spec 4.1).
    private static let names = [
        "invoke", "state", "publish", "bindings", "secrets", "actors", "metadata", "configuration", "lock", "unlock",
        "crypto", "subtlecrypto", "workflows", "healthz", "jobs", "shutdown", "conversation", "subscribe",
    ]

    /// Why a rule matches nothing, where it is plain that it does: an allowed list with such a rule refuses more than was meant.
    var complaint: String? {
        guard ["http", "grpc"].contains(transport) else {
            return "the rule for \(name) has protocol \"\(transport)\" and matches nothing; write http or grpc"
        }
        // The old form, version `v1.0`, names the beginning of a route.
        let first = version.hasPrefix("v1.0") ? name.prefix { $0 != "/" } : name[...]
        guard !Self.names.contains(String(first)) else { return nil }
        return "the rule for \(name) names no API and matches nothing" + NearestName.hint(for: name, among: Self.names)
    }
}
