internal import Bytes

/// Which environment variables resources may read (spec 3.2).
struct EnvironmentAccess {
    private let environment: [String: String]
    /// `nil` where every name that is not denied may be read.
    private let allowed: [String]?

    init(_ environment: [String: String]) {
        self.environment = environment
        let keys = (environment["DAPR_ENV_KEYS"] ?? "").split(separator: " ").map(String.init)
        allowed = keys.isEmpty ? nil : keys
    }

    /// Whether a variable may be read: no token of ours, nothing that begins with `DAPR_`, and on the list where there is one.
    func allows(_ name: String) -> Bool {
        guard !name.isEmpty, !name.contains(" ") else { return false }
        guard !ASCII.equalIgnoringCase(name, "APP_API_TOKEN") else { return false }
        guard !ASCII.equalIgnoringCase(String(name.prefix(5)), "DAPR_") else { return false }
        guard let allowed else { return true }
        return allowed.contains { ASCII.equalIgnoringCase($0, name) }
    }

    func value(_ name: String) -> String { environment[name] ?? "" }
}
