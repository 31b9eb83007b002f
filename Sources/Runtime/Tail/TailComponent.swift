internal import Messaging
internal import Resources

/// The component that `martlet tail` looks into: the sidecar's own resources, read by the sidecar's own loader.
struct TailComponent {
    let component: ResolvedComponent
    let namespace: String

    var name: String { component.spec.name }

    /// The component that the options name, or the only one.
    static func find(_ options: TailOptions) throws(Tail.Failure) -> TailComponent {
        let context = ResourceContext(appID: options.appID, environment: options.environment)
        var loaded = ResourceLoader.load(paths: options.resourcesPaths, context: context)
        if options.hasImplicitBroker {
            loaded = ResourceLoader.read(Array(RunOptions.embeddedBroker.utf8), file: "built-in", context: context)
        }
        if let fatal = loaded.findings.first(where: { $0.severity == .fatal }) {
            throw Tail.Failure(reason: ResourceProblem(fatal)?.description ?? fatal.message)
        }
        let brokers = loaded.components.filter(\.isPubSub)
        let spec = try choose(options.pubsub, among: brokers, options)
        let resolved = ValueResolver.resolve(
            loaded.components.filter { $0.isSecretStore || $0 == spec }, context: context)
        guard let component = resolved.components.first(where: { $0.spec == spec }) else {
            let reason = resolved.findings.compactMap { ResourceProblem($0)?.description }.first
            throw Tail.Failure(reason: reason ?? "\(spec.logName) cannot be used")
        }
        return TailComponent(component: component, namespace: context.namespace)
    }

    private static func choose(
        _ name: String?, among brokers: [ComponentSpec], _ options: TailOptions
    ) throws(Tail.Failure) -> ComponentSpec {
        let names = brokers.map(\.name)
        guard let name else {
            guard let only = brokers.first, brokers.count == 1 else {
                throw Tail.Failure(
                    reason: brokers.isEmpty
                        ? "there is no pub/sub component for app \(options.appID) in \(options.resourcesPaths.joined(separator: ", "))"
                        : "there are several components; choose one with --pubsub: \(names.joined(separator: ", "))")
            }
            return only
        }
        if let found = brokers.first(where: { $0.name == name }) { return found }
        let places = options.hasImplicitBroker ? "" : " in \(options.resourcesPaths.joined(separator: ", "))"
        let others = names.isEmpty ? "" : "; there is \(names.joined(separator: ", "))"
        throw Tail.Failure(
            reason: "there is no pub/sub component \(name) for app \(options.appID)\(places)"
                + (NearestName.of(name, among: names).map { "; did you mean \($0)?" } ?? others))
    }

    /// A look at the topic.
    func browser(_ options: TailOptions) throws(Tail.Failure) -> any Browser {
        guard let kind = Catalogue.pubSub(component.spec.lookupType), component.spec.lookupVersion == "v1" else {
            throw Tail.Failure(reason: ComponentFailure.unknown(component.spec).reason)
        }
        guard let browse = kind.browse else {
            throw Tail.Failure(
                reason:
                    "\(component.spec.logName) cannot be looked into: its events never leave the process that publishes them"
            )
        }
        let (settings, findings) = SettingsDecoder.settings(for: component, kind: kind.fields)
        if let error = findings.first(where: { $0.severity >= .error }).flatMap(ResourceProblem.init) {
            throw Tail.Failure(reason: "\(error)")
        }
        let context = ComponentContext(name: name, type: kind.type, appID: options.appID, instanceID: "tail")
        let topic = (component.isNamespaced ? namespace : "") + options.topic
        let request = BrowseRequest(topic: topic, start: options.startsAtOldest ? .oldest : .now)
        do throws(ComponentError) {
            return try browse(settings, context, request)
        } catch {
            throw Tail.Failure(reason: "\(error)")
        }
    }
}
