internal import Delivery
internal import Loop
internal import Messaging
internal import Resources

/// One loaded pub/sub component: what the user wrote, the broker as the runtime sees it, and who keeps it connected.
final class Component {
    let resolved: ResolvedComponent
    let settings: Settings
    let broker: Broker
    let supervisor: ComponentSupervisor

    /// How it came here, which decides what its broker's refusal means.
    var origin = Origin.start
    /// It is going: nothing is to be subscribed through it any more.
    var isLeaving = false

    enum Origin {
        /// With the start: a refusal ends the sidecar, unless the component is optional.
        case start
        /// With a reload: a refusal takes it out again, or brings back the settings that it had before.
        case reload(former: ResolvedComponent?)
    }

    var spec: ComponentSpec { resolved.spec }
    var adapter: any PubSub { broker.adapter }
    /// Whether the sidecar starts and stays without it.
    var isOptional: Bool { spec.ignoreErrors }

    init(resolved: ResolvedComponent, settings: Settings, broker: Broker, supervisor: ComponentSupervisor) {
        self.resolved = resolved
        self.settings = settings
        self.broker = broker
        self.supervisor = supervisor
    }
}

/// Makes components from resources: the kind is looked up, the settings are decoded, the adapter is made. Nothing is connected yet.
struct ComponentFactory {
    let appID: String
    let namespace: String
    let instanceID: String
    let loop: EventLoop
    let random: () -> Double
    let report: (ComponentSupervisor.Report) -> Void

    /// A component, or why there is none; and what was found in its settings.
    func make(_ resolved: ResolvedComponent) -> (component: Result<Component, Failure>, findings: [Finding]) {
        guard let kind = Catalogue.pubSub(resolved.spec.lookupType), resolved.spec.lookupVersion == "v1" else {
            return (.failure(Failure(.unknown(resolved.spec))), [])
        }
        let (settings, findings) = SettingsDecoder.settings(for: resolved, kind: kind.fields)
        let errors = findings.filter { $0.severity >= .error }
        guard errors.isEmpty else {
            let reason = errors.map { "\($0.field): \($0.message)" }.joined(separator: "; ")
            return (.failure(Failure(ComponentFailure(resolved.spec, .initialization, reason: reason))), findings)
        }
        let context = ComponentContext(
            name: resolved.spec.name, type: kind.type, appID: appID, instanceID: instanceID)
        let supervisor = ComponentSupervisor(title: context.title, scheduler: loop, random: random, report: report)
        do {
            let adapter = try kind.make(settings, context, supervisor)
            let broker = broker(resolved, kind, adapter)
            return (
                .success(Component(resolved: resolved, settings: settings, broker: broker, supervisor: supervisor)),
                findings
            )
        } catch {
            let failure = ComponentFailure(resolved.spec, .initialization, reason: "\(error)")
            return (.failure(Failure(failure)), findings)
        }
    }

    private func broker(_ resolved: ResolvedComponent, _ kind: PubSubKind, _ adapter: any PubSub) -> Broker {
        let scopes = TopicScopes(resolved, appID: appID)
        return Broker(
            name: resolved.spec.name, type: resolved.spec.type, version: resolved.spec.version,
            capabilities: kind.capabilities,
            permissions: Broker.Permissions(
                mayPublish: { scopes.mayPublish(to: $0) }, maySubscribe: { scopes.maySubscribe(to: $0) }),
            topicPrefix: resolved.isNamespaced ? namespace : "", adapter: adapter, scheduler: loop)
    }

    /// Why a component was not made.
    struct Failure: Error {
        let failure: ComponentFailure

        init(_ failure: ComponentFailure) { self.failure = failure }
    }
}
