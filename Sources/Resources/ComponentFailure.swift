/// The texts with which daprd tells that a component does not start (spec 3.1).
package struct ComponentFailure: Sendable, Equatable {
    /// How far it came.
    package enum Stage: Sendable {
        /// No kind has this type and version.
        case unknownType
        /// Making or connecting it failed.
        case initialization
    }

    package var component: ComponentSpec
    package var stage: Stage
    /// The component's own error.
    package var reason: String

    package init(_ component: ComponentSpec, _ stage: Stage, reason: String) {
        self.component = component
        self.stage = stage
        self.reason = reason
    }

    /// No kind has the type and version of this component.
    package static func unknown(_ component: ComponentSpec) -> ComponentFailure {
        let title = "\(component.type)/\(component.version)"
        let reason =
            switch component.category {
            case "pubsub": "couldn't find message bus \(title)"
            case "state": "couldn't find state store \(title)"
            case "secretstores": "couldn't find secret store \(title)"
            case "bindings": "couldn't find binding \(component.logName)"
            case let category where categories.contains(category): "couldn't find \(category) \(title)"
            default: "incorrect type \(component.type)"
            }
        return ComponentFailure(component, .unknownType, reason: reason)
    }

    /// The categories of components that daprd knows; a type of another one is `incorrect`.
    package static let categories = [
        "bindings", "configuration", "conversation", "crypto", "lock", "middleware", "pubsub", "secretstores", "state",
    ]

    /// `Failed to init component …`, for the log at level error; `nil` for a type of no known category, of which daprd does not say it.
    package var initText: String? {
        guard Self.categories.contains(component.category) else { return nil }
        return "Failed to init component \(component.logName): \(innerText)"
    }

    /// `process component … error: …`: it follows `Ignoring error processing component: ` at level error where errors are ignored,
    /// else `Error processing component, daprd will exit gracefully: ` and at last `Fatal error from runtime: `.
    package var processText: String {
        guard Self.categories.contains(component.category) else {
            return "process component \(component.name) error: \(reason)"
        }
        return "process component \(component.name) error: \(prefix("INIT")): \(innerText)"
    }

    private var innerText: String {
        switch stage {
        case .initialization: "\(prefix("INIT")): \(reason)"
        case .unknownType where component.category == "bindings": reason
        case .unknownType: "\(prefix("CREATE")): \(reason)"
        }
    }

    private func prefix(_ stage: String) -> String {
        "[\(stage)_COMPONENT_FAILURE]: initialization error occurred for \(component.logName)"
    }
}
