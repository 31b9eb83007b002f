/// What the files given with `--config` say, merged over the defaults (spec 4.1).
package struct Configuration: Sendable, Equatable {
    package var tracing = Tracing()
    package var metrics = Metrics()
    package var apiAccess = APIAccess()
    package var secretScopes: [SecretScope] = []
    /// `components.deny` as written.
    package var deniedComponents: [String] = []
    /// `features` as written; see `enabledFeatures`.
    package var features: [Feature] = []
    package var apiLogging = APILogging()
    package var martlet = Martlet()

    package init() {}

    package struct Feature: Sendable, Equatable {
        package var name: String
        package var isEnabled: Bool

        package init(name: String, isEnabled: Bool) {
            self.name = name
            self.isEnabled = isEnabled
        }
    }

    package struct APILogging: Sendable, Equatable {
        package var isEnabled = false
        package var obfuscatesURLs = false
        package var omitsHealthChecks = false

        package init() {}
    }

    package struct APIAccess: Sendable, Equatable {
        /// One rule: `name`, `version`, and `http` or `grpc`.
        package struct Rule: Sendable, Equatable {
            package var name: String
            package var version: String
            package var transport: String

            package init(name: String, version: String, transport: String) {
                self.name = name
                self.version = version
                self.transport = transport
            }
        }

        /// Not empty: everything else is refused.
        package var allowed: [Rule] = []
        package var denied: [Rule] = []

        package init() {}
    }

    /// Features that are on unless a configuration switches them off.
    package static let defaultFeatures = ["HotReload", "WorkflowsRemoteActivityReminder"]

    /// The features that are on, in alphabetical order. Of several entries for one feature the last counts.
    package var enabledFeatures: [String] {
        var states: [String: Bool] = [:]
        for name in Self.defaultFeatures { states[name] = true }
        for feature in features where !feature.name.isEmpty { states[feature.name] = feature.isEnabled }
        return states.filter(\.value).keys.sorted()
    }

    package var denyList: DenyList { DenyList(deniedComponents) }
}
