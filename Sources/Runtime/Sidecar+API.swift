internal import Bytes
internal import Delivery
internal import HTTP
package import HTTPAPI
internal import Loop
internal import Messaging
internal import Observability
internal import Resources

/// The API: where it listens, and what it knows of the sidecar.
extension Sidecar {
    /// daprd lets a head be this much longer than its read buffer.
    private static let headSlack = 4 << 10

    /// Descriptors that are kept for everything but connections of the API: brokers, the app, files. At most half of what there is.
    private static let reservedDescriptors = 256

    func listen() throws(StartFailure) {
        if options.watchesSignals { ThisProcess.raiseDescriptorLimit() }
        let api = APIServer(
            appID: options.appID, publisher: publisher, tracer: tracer, surface: .api, token: options.apiToken,
            rules: APIRules(
                cors: CORSPolicy(options.allowedOrigins), access: configuration.access,
                strictness: configuration.strictness),
            backend: self, observer: observation.requests)
        apis.append(api)
        let server = HTTPServer(on: loop, settings: serverSettings(), handler: api)
        self.server = server
        if let path = options.httpSocketPath {
            try listen(server, on: .unix(path: path), what: "HTTP API")
        } else {
            let addresses =
                options.listenAddresses.isEmpty
                ? [configuration.listensOnLoopback ? "127.0.0.1" : "0.0.0.0"] : options.listenAddresses
            for address in addresses {
                let port = try listen(server, on: .tcp(host: address, port: options.httpPort), what: "HTTP API")
                if httpPort == 0 { httpPort = port }
            }
        }
        try listenPublicly()
        readiness.listening()
    }

    private func listenPublicly() throws(StartFailure) {
        guard let port = options.publicPort else { return }
        let api = APIServer(
            appID: options.appID, publisher: publisher, tracer: tracer, surface: .public, token: nil,
            rules: APIRules(access: configuration.access), backend: self, observer: observation.requests)
        apis.append(api)
        let server = HTTPServer(on: loop, settings: serverSettings(), handler: api)
        publicServer = server
        let address = options.publicListenAddress.isEmpty ? "0.0.0.0" : options.publicListenAddress
        try listen(server, on: .tcp(host: address, port: port), what: "public API")
    }

    @discardableResult
    private func listen(_ server: HTTPServer, on endpoint: Endpoint, what: String) throws(StartFailure) -> UInt16 {
        do {
            let port = try server.listen(on: endpoint)
            let place: Endpoint =
                if case .tcp(let host, _) = endpoint { .tcp(host: host, port: port) } else { endpoint }
            log.info("\(what) is listening on \(place)")
            return port
        } catch {
            throw StartFailure(
                reason:
                    "the \(what) cannot listen on \(endpoint): \(error.reason); free the address or choose another one")
        }
    }

    private func serverSettings() -> HTTPServerSettings {
        var settings = HTTPServerSettings()
        // Connections are refused with an answer before the descriptors run out, which would leave none for brokers and the app.
        let descriptors = ThisProcess.descriptorLimit
        let room = descriptors - min(Sidecar.reservedDescriptors, descriptors / 2)
        settings.connections = max(1, min(settings.connections, room))
        settings.message.headBytes = options.readBufferSize + Sidecar.headSlack
        settings.message.bodyBytes = options.maxBodySize ?? Int.max
        if configuration.strictness?.refusesLargeBodies == true { settings.message.discardedBytes = 0 }
        return settings
    }
}

extension Sidecar: APIBackend {
    package var readinessTargets: [String] { readiness.targets }

    package var isOutboundReady: Bool { readiness.isOutboundReady }

    package var metadata: MetadataAnswer {
        var answer = MetadataAnswer()
        answer.id = options.appID
        answer.runtimeVersion = Version.daprCompatible
        answer.enabledFeatures = configuration.enabledFeatures
        // In the order of the start.
        let stores = resources.components.filter(\.isSecretStore)
        answer.components = (stores + resources.components.filter { !$0.isSecretStore }).compactMap(shown)
        answer.extended = extended
        answer.subscriptions = self.specs.map(shown)
        answer.httpEndpoints = resources.httpEndpoints.map(\.name)
        answer.isWaitingForApp = options.hasApp && !isAppAsked
        answer.resiliencies = resources.resiliencies.map(\.name)
        answer.app = MetadataAnswer.AppConnection(
            port: options.appPort ?? 0, scheme: options.appProtocol.rawValue, address: options.appChannelAddress,
            maxConcurrency: options.given.contains("app-max-concurrency") ? options.appMaxConcurrency : 0,
            health: options.appHealthCheck.map {
                .init(path: $0.path, interval: $0.interval, timeout: $0.timeout, threshold: $0.threshold)
            })
        return answer
    }

    package func setMetadata(key: String, value: String) { extended[key] = value }

    package func shutDown(isForced: Bool) {
        if isForced {
            log.info("Force shutdown requested, exiting immediately without graceful shutdown")
        } else {
            log.info("Shutdown requested via API")
        }
        lifecycle.finish(isForced ? .forced : .graceful)
    }

    private func shown(_ spec: ComponentSpec) -> MetadataAnswer.Component? {
        if let component = components.first(where: { $0.broker.name == spec.name }) {
            let capabilities = Capability.allCases.filter { $0.isShown && component.broker.capabilities.contains($0) }
            return .init(
                name: spec.name, type: spec.type, version: spec.version, capabilities: capabilities.map(\.rawValue))
        }
        guard otherComponents.contains(where: { $0.name == spec.name }) else { return nil }
        return .init(name: spec.name, type: spec.type, version: spec.version, capabilities: [])
    }

    private func shown(_ spec: SubscriptionSpec) -> MetadataAnswer.Subscription {
        .init(
            pubsub: spec.pubsubName, topic: spec.topic, metadata: spec.metadata,
            rules: spec.effectiveRules.map { ($0.match, $0.path) }, deadLetterTopic: spec.deadLetterTopic,
            source: MetadataAnswer.Subscription.Source(rawValue: spec.origin.rawValue) ?? .declarative)
    }
}
