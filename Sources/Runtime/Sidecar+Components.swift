internal import Bytes
internal import Delivery
internal import Loop
internal import Messaging
internal import Observability
internal import Resources

/// Components: from resources to connected brokers.
extension Sidecar {
    /// Reads the Configuration files, and the built-in ones where no file is given.
    func loadConfiguration() throws(StartFailure) {
        let loaded: (configuration: Configuration, findings: [Finding])
        if options.configPaths.isEmpty, let text = options.implicitConfigurations.first {
            loaded = ConfigurationLoader.read(Array(text.utf8), file: "built-in", environment: options.environment)
        } else {
            loaded = ConfigurationLoader.load(files: options.configPaths, environment: options.environment)
        }
        log(loaded.findings)
        if let fatal = loaded.findings.first(where: { $0.severity == .fatal }) {
            throw StartFailure(reason: fatal.message)
        }
        configuration = SidecarConfiguration(loaded.configuration)
        tracer = Tracer(mode: configuration.tracing, random: random)
    }

    /// Reads the resource directories, and what was built in where nothing is configured; every finding is logged at once.
    func loadResources() throws(StartFailure) {
        files = ResourceFiles.read(options.resourcesPaths)
        resources = ResourceLoader.load(files, context: context, denied: configuration.deniedComponents)
        for text in options.implicitComponents { addImplicit(text, to: &resources) }
        reloading.fileFindings = resources.findings
        log(resources.findings)
        if let fatal = resources.findings.first(where: { $0.severity == .fatal }) {
            throw StartFailure(reason: fatal.message)
        }
        // Rules of declarative subscriptions are compiled now: one that does not compile is fatal (spec 1.5).
        for spec in resources.subscriptions {
            do {
                _ = try SubscriptionPlanner.plan(spec, bounds: SubscriptionBounds())
            } catch {
                throw StartFailure(reason: "\(error)")
            }
        }
        mergeSubscriptions()
    }

    /// Adds what was built in, unless a file has a component of its name.
    func addImplicit(_ text: String, to loaded: inout LoadedResources) {
        let built = ResourceLoader.read(Array(text.utf8), file: "built-in", context: context)
        for component in built.components where !loaded.components.contains(where: { $0.name == component.name }) {
            loaded.components.append(component)
        }
    }

    /// Makes every component, and says everything that is wrong before it gives up.
    func makeComponents() throws(StartFailure) {
        let resolved = ValueResolver.resolve(resources.components, context: context)
        log(resolved.findings)
        reloading.valueFindings = resolved.findings
        reloading.resolved = resolved.components
        var fatal: String?
        for spec in resolved.failed {
            fatal =
                refuse(ComponentFailure(spec, .initialization, reason: "its values cannot be resolved, see above"))
                ?? fatal
        }
        let factory = factory()
        for component in resolved.components {
            if component.spec.isKnownSecretStore {
                otherComponents.append(component.spec)
                continue
            }
            let (result, findings) = factory.make(component)
            log(findings)
            switch result {
            case .success(let component): add(component)
            case .failure(let error): fatal = fatal ?? refuse(error.failure)
            }
        }
        if let fatal { throw StartFailure(reason: fatal) }
    }

    private func add(_ component: Component) {
        components.append(component)
        publisher.add(component.broker)
        observation.components?.componentLoaded()
        log.info("Component loaded: \(component.spec.logName)")
    }

    func factory() -> ComponentFactory {
        let host = options.podName.isEmpty ? ThisProcess.hostName() : options.podName
        let log = log.scoped("dapr.runtime.processor")
        return ComponentFactory(
            appID: options.appID, namespace: context.namespace, instanceID: "\(host)-\(httpPort)", loop: loop,
            random: { [random] in Double(random.next() >> 11) / Double(1 << 53) },
            report: { [weak self] report in
                ComponentLog.write(report, to: log)
                self?.note(report)
                self?.noteReadiness()
            })
    }

    /// Logs a component that cannot be; the reason where the sidecar cannot start without it.
    private func refuse(_ failure: ComponentFailure) -> String? {
        note(failure)
        if let text = failure.initText { log.error(text) }
        if failure.component.ignoreErrors {
            log.error("Ignoring error processing component: \(failure.processText)")
            return nil
        }
        log.error("Error processing component, daprd will exit gracefully: \(failure.processText)")
        return failure.processText
    }

    /// Connects each component; from then on its supervisor keeps it connected. One that refuses for good ends the sidecar.
    func connectComponents() {
        for component in components { connect(component) }
        noteReadiness()
    }

    func connect(_ component: Component) {
        loop.launch {
            await component.supervisor.run(component.adapter)
            self.supervisionEnded(component)
        }
    }

    private func supervisionEnded(_ component: Component) {
        guard case .refused(let error) = component.supervisor.health, !isEnding else { return }
        if case .reload(let former) = component.origin {
            loop.launch { await self.refusedAfterReload(component, former: former, reason: "\(error)") }
            return
        }
        let failure = ComponentFailure(component.spec, .initialization, reason: "\(error)")
        publisher.remove(component.broker.name)
        components.removeAll { $0 === component }
        loop.launch { await component.adapter.close() }
        if let reason = refuse(failure) { return lifecycle.finish(.failed(reason)) }
        noteReadiness()
    }

    /// Everything that was found, at its level; fatal findings end the start elsewhere.
    func log(_ findings: [Finding]) {
        for finding in findings {
            switch finding.severity {
            case .info: log.info("\(finding)")
            case .warning: log.warning("\(finding)")
            case .error, .fatal: log.error("\(finding)")
            }
        }
    }
}
