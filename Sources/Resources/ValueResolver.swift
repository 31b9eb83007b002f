internal import Bytes

/// Gives components their values: from secret stores, from the environment, from templates (spec 3.2).
package struct ValueResolver {
    /// The components in the order in which they start: secret stores first, the rest as they were loaded.
    package struct Result: Sendable {
        /// Components that can be started.
        package var components: [ResolvedComponent] = []
        /// Components that cannot, each with at least one finding of severity `error` that names it. Without `ignoreErrors` that
        /// ends the process.
        package var failed: [ComponentSpec] = []
        /// Components that wait for a secret store that is not there. They do not start, and the process does.
        package var parked: [ComponentSpec] = []
        package var findings: [Finding] = []

        /// Why a component is among the failed ones: its first finding of severity `error`.
        package func reason(of component: ComponentSpec) -> String? {
            findings.first { $0.severity == .error && $0.resource == component.name && $0.file == component.file }?
                .message
        }
    }

    private let context: ResourceContext
    private let environment: EnvironmentAccess
    private let templates: ValueTemplates
    private var stores: [String: SecretStore] = [:]
    private var result = Result()

    /// Resolves all components. It may read files of secrets, and blocks while it does.
    package static func resolve(_ components: [ComponentSpec], context: ResourceContext) -> Result {
        var resolver = ValueResolver(context: context)
        resolver.resolveStores(components.filter(\.isSecretStore))
        for component in components where !component.isSecretStore { resolver.resolve(component) }
        return resolver.result
    }

    private init(context: ResourceContext) {
        self.context = context
        environment = EnvironmentAccess(context.environment)
        templates = ValueTemplates(context: context)
    }

    /// A store may itself want a secret of another one: those that wait are tried again as long as a store came.
    private mutating func resolveStores(_ components: [ComponentSpec]) {
        var waiting = components
        while true {
            let blocked = waiting.filter { isWaiting($0) }
            for component in waiting where !isWaiting(component) { resolve(component) }
            if blocked.count == waiting.count || blocked.isEmpty {
                for component in blocked { resolve(component) }
                return
            }
            waiting = blocked
        }
    }

    private func isWaiting(_ component: ComponentSpec) -> Bool {
        !component.secretStore.isEmpty && stores[component.secretStore] == nil
            && component.items.contains { $0.secretKeyRef?.name.isEmpty == false }
    }

    private mutating func resolve(_ component: ComponentSpec) {
        if isWaiting(component) {
            warnOfStore(component)
            result.findings[result.findings.count - 1].isLeftOut = true
            result.parked.append(component)
            return
        }
        var properties = properties(of: component)
        let isNamespaced = properties.contains { ValueTemplates.mentionsNamespace($0.value) }
        guard fillTemplates(&properties, component) else {
            result.failed.append(component)
            return
        }
        if component.isPubSub { setConsumerID(&properties) }
        let resolved = ResolvedComponent(spec: component, properties: properties, isNamespaced: isNamespaced)
        guard component.isSecretStore else {
            result.components.append(resolved)
            return
        }
        do throws(SecretStore.Failure) {
            stores[component.name] = try SecretStore.make(resolved, context: context)
            result.components.append(resolved)
        } catch {
            note(.error, component, component.typePlace, "", error.reason)
            result.failed.append(component)
        }
    }

    /// The values before templates are filled in.
    private mutating func properties(of component: ComponentSpec) -> [ResolvedComponent.Property] {
        var hasWarned = false
        var properties: [ResolvedComponent.Property] = []
        for item in component.items {
            var property = ResolvedComponent.Property(
                name: item.name, value: item.value ?? "", line: item.line, column: item.column)
            if let reference = item.secretKeyRef, !reference.name.isEmpty {
                property.isSecret = true
                if let store = stores[component.secretStore] {
                    if let secret = secret(reference, store, component, item) { property.value = secret }
                } else if !hasWarned {
                    warnOfStore(component)
                    hasWarned = true
                }
            } else if item.value == nil, !item.envRef.isEmpty {
                property.value = variable(item, component)
            }
            properties.append(property)
        }
        return properties
    }

    private mutating func secret(
        _ reference: ComponentSpec.Item.SecretKeyRef, _ store: SecretStore, _ component: ComponentSpec,
        _ item: ComponentSpec.Item
    ) -> String? {
        guard let keys = store.secret(reference.name) else {
            note(
                .error, component, item.place, item.name,
                "Error getting secret: secret \(reference.name) not found")
            return nil
        }
        let key = reference.key.isEmpty ? reference.name : reference.key
        if let value = keys[key], !value.isEmpty { return value }
        let text = "secret \(reference.name) has no value for key \(key); the field stays empty"
        note(.warning, component, item.place, item.name, text)
        return nil
    }

    private mutating func variable(_ item: ComponentSpec.Item, _ component: ComponentSpec) -> String {
        guard environment.allows(item.envRef) else {
            let text = "Component \(component.name) references an env variable that isn't allowed: \(item.envRef)"
            note(.warning, component, item.place, item.name, text)
            return ""
        }
        return environment.value(item.envRef)
    }

    private mutating func fillTemplates(
        _ properties: inout [ResolvedComponent.Property], _ component: ComponentSpec
    ) -> Bool {
        var isComplete = true
        for index in properties.indices {
            do throws(ValueTemplates.MissingPodName) {
                properties[index].isRandom = ValueTemplates.mentionsRandom(properties[index].value)
                properties[index].value = try templates.fill(properties[index].value)
            } catch {
                let property = properties[index]
                let text =
                    "failed to parse metadata: property \(property.name) refers to {podName} but podName is not set"
                note(
                    .error, component, FieldPlaces.Place(line: property.line, column: property.column), property.name,
                    text)
                isComplete = false
            }
        }
        return isComplete
    }

    /// The consumer id of a pub/sub component is the app id where none is given (spec 1.7).
    private func setConsumerID(_ properties: inout [ResolvedComponent.Property]) {
        guard let index = properties.firstIndex(where: { ASCII.equalIgnoringCase($0.name, "consumerID") }) else {
            properties.append(ResolvedComponent.Property(name: "consumerID", value: context.appID))
            return
        }
        let trimmed = SpaceTrimming.trimmed(properties[index].value)
        properties[index].value = trimmed.isEmpty ? context.appID : trimmed
    }

    private mutating func warnOfStore(_ component: ComponentSpec) {
        let hint = NearestName.hint(for: component.secretStore, among: stores.keys.sorted())
        let text =
            "Component \(component.name) references a secret store that isn't loaded: \(component.secretStore)\(hint)"
        let place = component.places["auth.secretStore"] ?? component.typePlace
        note(.warning, component, place, "auth.secretStore", text)
        result.findings[result.findings.count - 1].plain =
            component.secretStore.isEmpty
            ? "names no secret store, and a value has a secretKeyRef; the value stays empty"
            : "there is no secret store \(component.secretStore)\(hint)"
    }

    private mutating func note(
        _ severity: Finding.Severity, _ component: ComponentSpec, _ place: FieldPlaces.Place, _ field: String,
        _ message: String
    ) {
        result.findings.append(
            Finding(
                severity, file: component.file, line: place.line, column: place.column, resource: component.name,
                field: field, message))
    }
}
