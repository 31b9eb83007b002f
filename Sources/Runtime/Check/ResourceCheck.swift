internal import Bytes
internal import Loop
internal import Messaging
internal import Resources

/// Reads resources as a sidecar does, and says everything that is wrong in them and between them at once.
///
/// It has no rules of its own about what is valid: loader, declarations, secret stores, kinds and rules are those of the sidecar. Nothing is
/// connected. Called on a shard, because adapters are made there; it blocks while it reads files.
package struct ResourceCheck {
    /// What is checked.
    package struct Request: Sendable {
        /// Files and folders.
        package var paths: [String]
        /// Files that a sidecar would get with `--config`.
        package var configPaths: [String]
        /// The app for which it is read; `nil` checks the resources of every app.
        package var appID: String?
        package var environment: [String: String]

        package init(
            paths: [String], configPaths: [String] = [], appID: String? = nil, environment: [String: String] = [:]
        ) {
            self.paths = paths
            self.configPaths = configPaths
            self.appID = appID
            self.environment = environment
        }
    }

    /// What was found.
    package struct Report: Sendable {
        /// In the order of files and lines.
        package var problems: [ResourceProblem] = []
        package var files = 0

        package var errors: Int { problems.count { $0.severity == .error } }
        package var warnings: Int { problems.count - errors }
    }

    private let request: Request
    private let context: ResourceContext
    private var findings: [Finding] = []

    package static func run(_ request: Request) -> Report {
        var check = ResourceCheck(request)
        return check.run()
    }

    private init(_ request: Request) {
        self.request = request
        context = ResourceContext(
            appID: request.appID ?? "app", environment: request.environment, isForEverybody: request.appID == nil)
    }

    private mutating func run() -> Report {
        let configured = ConfigurationLoader.load(files: request.configPaths, environment: request.environment)
        findings += configured.findings
        let loaded = ResourceLoader.load(
            paths: request.paths, context: context, denied: configured.configuration.denyList)
        findings += loaded.findings
        let stores = loaded.components.filter(\.isSecretStore).map(\.name)
        checkSecretScopes(configured.configuration, file: request.configPaths.last ?? "", stores)
        for text in loaded.configurations {
            let read = ConfigurationLoader.read(text.bytes, file: text.file, environment: request.environment)
            findings += read.findings
            checkSecretScopes(read.configuration, file: text.file, stores)
        }
        let resolved = checkComponents(loaded.components)
        findings += SubscriptionCheck(components: loaded.components, resolved: resolved, context: context)
            .findings(loaded.subscriptions)
        var report = Report(files: loaded.files + request.configPaths.count)
        for finding in findings {
            guard let problem = ResourceProblem(finding), !report.problems.contains(problem) else { continue }
            report.problems.append(problem)
        }
        report.problems.sort { $0.precedes($1) }
        return report
    }

    /// Secrets of a store that is not there cannot be kept from anybody.
    private mutating func checkSecretScopes(_ configuration: Configuration, file: String, _ stores: [String]) {
        for scope in configuration.secretScopes where !stores.contains(scope.storeName) {
            let hint = NearestName.hint(for: scope.storeName, among: stores)
            findings.append(
                Finding(
                    .warning, file: file, field: "spec.secrets.scopes",
                    "there is no secret store \(scope.storeName)\(hint)"))
        }
    }

    /// Makes every component, and gives those whose values are known.
    private mutating func checkComponents(_ components: [ComponentSpec]) -> [ResolvedComponent] {
        for component in components { checkScopes(component) }
        let resolved = ValueResolver.resolve(components, context: context)
        findings += resolved.findings
        let factory = ComponentFactory(
            appID: context.appID, namespace: context.namespace, instanceID: "check", loop: .current, random: { 0 },
            report: { _ in })
        for component in resolved.components {
            if component.spec.isSecretStore {
                checkSecretStore(component)
            } else {
                checkComponent(component, factory)
            }
        }
        for component in resolved.failed + resolved.parked { checkPlainValues(component) }
        return resolved.components
    }

    /// Of a component without its secrets, what can be said of the values that stand in the file.
    private mutating func checkPlainValues(_ component: ComponentSpec) {
        let fields =
            Catalogue.pubSub(component.lookupType)?.fields ?? SecretStoreKind.named(component.lookupType)?.fields
        guard let fields else { return note(unknown: component) }
        let properties = component.items.map { item in
            ResolvedComponent.Property(name: item.name, value: item.value ?? "", line: item.line, column: item.column)
        }
        let plain = ResolvedComponent(spec: component, properties: properties)
        findings += SettingsDecoder.settings(for: plain, kind: fields).findings.filter { finding in
            // A required value that is not known here is not missing.
            let isUnknown = component.items.contains {
                $0.value == nil && ASCII.equalIgnoringCase($0.name, finding.field)
            }
            return finding.severity < .error || !isUnknown
        }
    }

    private mutating func checkSecretStore(_ component: ResolvedComponent) {
        guard let kind = SecretStoreKind.named(component.spec.lookupType), component.spec.lookupVersion == "v1" else {
            return note(unknown: component.spec)
        }
        findings += SettingsDecoder.settings(for: component, kind: kind.fields).findings
    }

    private mutating func checkComponent(_ component: ResolvedComponent, _ factory: ComponentFactory) {
        let (result, found) = factory.make(component)
        findings += found
        guard case .failure(let failure) = result, !found.contains(where: { $0.severity >= .error }) else { return }
        switch failure.failure.stage {
        case .unknownType: note(unknown: component.spec)
        case .initialization: note(component.spec, field: "", failure.failure.reason)
        }
    }

    private mutating func note(unknown component: ComponentSpec) {
        let types = Catalogue.types + SecretStoreKind.all.map(\.type)
        let text =
            types.contains(component.lookupType)
            ? "there is no version \(component.version) of \(component.type); write v1"
            : "there is no type \(component.type)\(NearestName.hint(for: component.type, among: types))"
        note(component, field: "spec.type", text)
    }

    private mutating func note(_ component: ComponentSpec, field: String, _ message: String) {
        let place = component.typePlace
        findings.append(
            Finding(
                .error, file: component.file, line: place.line, column: place.column, resource: component.name,
                field: field, message))
    }

    /// Scopes that no app can have.
    private mutating func checkScopes(_ component: ComponentSpec) {
        guard ScopeCheck.namesNobody(component.scopes) else { return }
        let place = component.places["scopes"] ?? component.typePlace
        findings.append(
            Finding(
                .warning, file: component.file, line: place.line, column: place.column, resource: component.name,
                field: "scopes", ScopeCheck.nobody))
    }
}

/// What can be said about scopes without knowing all apps.
enum ScopeCheck {
    static let nobody = "its scopes name no app, so that nobody gets it; leave them out to have it for everybody"

    /// Whether there are scopes, and none that an app id could equal.
    static func namesNobody(_ scopes: [String]) -> Bool {
        !scopes.isEmpty && scopes.allSatisfy { $0.isEmpty || $0.contains(" ") || $0.contains(".") }
    }

    /// Whether no app is in both scopes.
    static func areDisjoint(_ left: [String], _ right: [String]) -> Bool {
        !left.isEmpty && !right.isEmpty && !left.contains { right.contains($0) }
    }
}
