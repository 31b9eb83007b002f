internal import Delivery
internal import Loop
internal import Messaging
internal import Observability
internal import Resources

/// Hot reload (spec 1.5): what the files say now, and what has to be done about it.
///
/// Nothing that a file says wrongly reaches what runs: a file that does not read well keeps giving what it gave before, and settings that
/// cannot be used leave the former ones in place. Each is said once. daprd ends the process in these cases.
extension Sidecar {
    /// Watches the resource directories, unless the Configuration switches `HotReload` off.
    func watchResources() {
        guard configuration.enabledFeatures.contains("HotReload"), !options.resourcesPaths.isEmpty else { return }
        let watch = ResourceWatch(
            options.resourcesPaths, interval: options.reconcileInterval, loop: loop,
            log: log.scoped("dapr.runtime.hotreload")
        ) { [weak self] files in await self?.reload(files) }
        reloading.watch = watch
        let files = files
        loop.launch { await watch.run(from: files) }
    }

    private func reload(_ files: ResourceFiles) async {
        await reloading.turnstile.pass {
            guard !isEnding, let loaded = read(files) else { return }
            await use(loaded)
        }
    }

    // MARK: Reading

    /// What the files say, with the former word of those that do not read well; nil where nothing of it can be used.
    private func read(_ files: ResourceFiles) -> LoadedResources? {
        func load(distrusted: Set<String>) -> LoadedResources {
            ResourceLoader.load(
                files, context: context, denied: configuration.deniedComponents, former: resources,
                distrusted: distrusted)
        }
        var loaded = load(distrusted: [])
        var findings = loaded.findings
        var distrusted: Set<String> = []
        for spec in loaded.subscriptions {
            do {
                _ = try SubscriptionPlanner.plan(spec, bounds: SubscriptionBounds())
            } catch {
                distrusted.insert(spec.file)
                findings.append(
                    Finding(.error, file: spec.file, line: spec.line, resource: spec.name, "\(error)"))
            }
        }
        if !distrusted.isEmpty { loaded = load(distrusted: distrusted) }
        for text in options.implicitComponents { addImplicit(text, to: &loaded) }
        let isUsable = !findings.contains { $0.severity == .fatal }
        if !isUsable {
            findings.append(Finding(.error, "the resources stay as they were until that is mended"))
        } else {
            for file in loaded.brokenFiles.union(distrusted).sorted() {
                findings.append(
                    Finding(.error, file: file, "does not read well; what it said before stays until it is mended"))
            }
        }
        let said = reloading.fileFindings
        log(findings.filter { !said.contains($0) })
        reloading.fileFindings = findings
        return isUsable ? loaded : nil
    }

    /// The components that are wanted, with their values: where a value cannot be had, the component stays as it is.
    private func resolve(_ loaded: LoadedResources) -> [ResolvedComponent] {
        let result = ValueResolver.resolve(loaded.components, context: context)
        let said = reloading.valueFindings
        log(result.findings.filter { !said.contains($0) })
        reloading.valueFindings = result.findings
        return loaded.components.compactMap { spec in
            let fresh = result.components.first { $0.spec == spec }
            if let fresh, result.reason(of: spec) == nil { return fresh }
            return reloading.resolved.first { $0.spec.name == spec.name } ?? fresh
        }
    }

    // MARK: Using

    private func use(_ loaded: LoadedResources) async {
        var wanted = resolve(loaded)
        let names = Set(wanted.map(\.spec.name))
        reloading.rejected = reloading.rejected.filter { names.contains($0.key) }
        let difference = ResourceDifference(
            old: reloading.resolved.map { ($0.spec.name, $0) }, new: wanted.map { ($0.spec.name, $0) },
            isSame: { $0.isSame(as: $1) })
        let replacements = make(difference, &wanted)
        let leaving = components.filter { difference.removed.contains($0.spec.name) }
        note(loaded, wanted)
        for component in leaving { publisher.remove(component.broker.name) }
        for component in leaving + replacements.compactMap(\.former) { component.isLeaving = true }
        await arrangeSubscriptions()
        // The end closes what there is; nothing new is to come behind it.
        guard !isEnding else { return }
        for component in leaving { await close(component) }
        for replacement in replacements where !isEnding {
            await replace(replacement.former, by: replacement.component)
        }
        if !replacements.isEmpty { await componentsCame() }
        await arrangeSubscriptions()
    }

    /// What the sidecar has from now on, in one step: the metadata answer shows it.
    private func note(_ loaded: LoadedResources, _ wanted: [ResolvedComponent]) {
        let isSame =
            loaded.subscriptions.map(\.withoutPlace) == resources.subscriptions.map(\.withoutPlace)
            && wanted.map(\.spec.name) == reloading.resolved.map(\.spec.name)
        if !isSame {
            log.info("Resources reloaded: \(wanted.count) components, \(loaded.subscriptions.count) subscriptions")
        }
        let arePoliciesNew = loaded.resiliencySpecs != resources.resiliencySpecs
        resources = loaded
        resources.components = wanted.map(\.spec)
        reloading.resolved = wanted
        otherComponents = wanted.map(\.spec).filter(\.isKnownSecretStore)
        mergeSubscriptions()
        guard arePoliciesNew else { return }
        applyPolicies()
        log.info("Policies reloaded: \(loaded.resiliencySpecs.count) Resiliency resources")
    }

    private struct Replacement {
        var former: Component?
        var component: Component
    }

    /// Makes what was added or changed. What cannot be made is said once, and left out of what is wanted or left as it was.
    private func make(
        _ difference: ResourceDifference<String>, _ wanted: inout [ResolvedComponent]
    ) -> [Replacement] {
        let factory = factory()
        var replacements: [Replacement] = []
        for name in difference.added + difference.changed {
            guard let index = wanted.firstIndex(where: { $0.spec.name == name }), !wanted[index].spec.isKnownSecretStore
            else { continue }
            let former = components.first { $0.broker.name == name }
            let isKnown = reloading.rejected[name]?.isSame(as: wanted[index]) ?? false
            if !isKnown, let component = make(wanted[index], factory) {
                reloading.rejected[name] = nil
                component.origin = .reload(former: former?.resolved)
                replacements.append(Replacement(former: former, component: component))
            } else {
                reloading.rejected[name] = wanted[index]
                if let former { wanted[index] = former.resolved } else { wanted.remove(at: index) }
            }
        }
        return replacements
    }

    private func make(_ resolved: ResolvedComponent, _ factory: ComponentFactory) -> Component? {
        let (result, findings) = factory.make(resolved)
        log(findings)
        switch result {
        case .success(let component): return component
        case .failure(let error):
            let spec = resolved.spec
            let place = spec.file.isEmpty ? "" : "\(spec.file):\(spec.line): "
            log.error("\(place)\(error.failure.processText); \(spec.name) stays as it was")
            return nil
        }
    }

    // MARK: Replacing

    /// Puts a component in the place of another one of its name. What is published meanwhile waits for it.
    ///
    /// The former one is closed first: both may want the same file, port or consumer name.
    private func replace(_ former: Component?, by component: Component) async {
        applyPolicies(to: component)
        component.broker.hold()
        publisher.add(component.broker)
        if let former {
            let index = components.firstIndex { $0 === former }
            await close(former)
            components.insert(component, at: min(index ?? components.count, components.count))
        } else {
            components.append(component)
        }
        log.info("Component loaded: \(component.spec.logName)")
        connect(component)
        await waitUntilConnected(component)
        component.broker.goOn()
    }

    /// Until the first attempt has ended, or as long as one may take.
    private func waitUntilConnected(_ component: Component) async {
        let deadline = loop.now + ComponentSupervisor.attemptLimit
        while loop.now < deadline, !isEnding, case .connecting(nil) = component.supervisor.health {
            try? await loop.sleep(for: .milliseconds(2))
        }
    }

    private func close(_ component: Component) async {
        components.removeAll { $0 === component }
        // What this turn has collected was promised to it.
        component.broker.goOn()
        component.broker.endRetries()
        component.supervisor.close()
        await component.adapter.close()
        log.info("Component closed: \(component.spec.logName)")
    }

    /// A broker has refused for good what came with a reload: the former settings come back, or the component is taken out again.
    func refusedAfterReload(_ component: Component, former: ResolvedComponent?, reason: String) async {
        await reloading.turnstile.pass {
            guard !isEnding, components.contains(where: { $0 === component }) else { return }
            let name = component.spec.name
            reloading.rejected[name] = component.resolved
            component.isLeaving = true
            guard let former, let again = make(former, factory()) else {
                log.error("process component \(name) error: \(reason); it is not loaded")
                publisher.remove(name)
                await arrangeSubscriptions()
                await close(component)
                reloading.resolved.removeAll { $0.spec.name == name }
                return resources.components.removeAll { $0.name == name }
            }
            log.error("process component \(name) error: \(reason); its former settings are used again")
            await arrangeSubscriptions()
            guard !isEnding else { return }
            await replace(component, by: again)
            bringBack(former)
            await arrangeSubscriptions()
        }
    }

    private func bringBack(_ former: ResolvedComponent) {
        let name = former.spec.name
        for index in reloading.resolved.indices where reloading.resolved[index].spec.name == name {
            reloading.resolved[index] = former
        }
        for index in resources.components.indices where resources.components[index].name == name {
            resources.components[index] = former.spec
        }
    }
}
