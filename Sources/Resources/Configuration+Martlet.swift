extension Configuration {
    /// `spec.martlet`: what only Martlet understands. daprd ignores fields that it does not know.
    package struct Martlet: Sendable, Equatable {
        /// `spec.martlet.api`: where the API is stricter than daprd's. Each field is off unless it, or `strict`, is on.
        package struct API: Sendable, Equatable {
            /// What the fields below are where they are not given.
            package var isStrict = false
            package var refuseLargeBodies: Bool?
            package var refuseDuplicateMembers: Bool?
            package var refuseInvalidText: Bool?
            package var refuseInvalidJSON: Bool?
            package var listenOnLoopback: Bool?
            /// In lower case.
            package var allowedHosts: [String] = []

            package init() {}
        }

        package var api = API()
        /// `spec.martlet.tracing.messagingKinds`: spans of publishes are producers', those of deliveries are consumers'.
        package var showsMessagingKinds = false

        package init() {}
    }
}

extension ConfigurationReader {
    /// Reads `spec.martlet` over what earlier files said.
    mutating func readMartlet(_ spec: Section, into martlet: inout Configuration.Martlet) {
        guard let section = section(spec, "martlet", type: "martlet.Spec") else { return }
        if let tracing = self.section(section, "tracing", type: "martlet.Tracing") {
            bool(tracing, "messagingKinds", into: &martlet.showsMessagingKinds)
        }
        guard let api = self.section(section, "api", type: "martlet.API") else { return }
        bool(api, "strict", into: &martlet.api.isStrict)
        let fields: [(String, WritableKeyPath<Configuration.Martlet.API, Bool?>)] = [
            ("refuseLargeBodies", \.refuseLargeBodies), ("refuseDuplicateMembers", \.refuseDuplicateMembers),
            ("refuseInvalidText", \.refuseInvalidText), ("refuseInvalidJSON", \.refuseInvalidJSON),
            ("listenOnLoopback", \.listenOnLoopback),
        ]
        for (key, path) in fields {
            if let truth = bool(api, key) { martlet.api[keyPath: path] = truth }
        }
        if let hosts = texts(api, "allowedHosts") { martlet.api.allowedHosts = hosts.map { $0.lowercased() } }
    }
}
