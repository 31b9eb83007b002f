internal import AppChannels
internal import Delivery
internal import HTTP
internal import Loop
internal import Messaging
internal import Observability
internal import Resources

/// The app: found, asked what it wants, watched, and given its events (spec 6.6, steps 10-13).
extension Sidecar {
    func serveApp() async {
        guard let channel = makeChannel() else {
            log.warning("App channel is not initialized. Did you configure an app-port?")
            isAppAsked = true
            return appIsServed()
        }
        self.channel = channel
        destination =
            options.appMaxConcurrency > 0
            ? LimitedDestination(channel, limit: options.appMaxConcurrency, scheduler: loop) : channel
        guard await waitForApp(channel) else { return }
        if let check = options.appHealthCheck { return await watchHealth(check, channel) }
        await discover(channel)
        isDelivering = true
        await arrangeSubscriptions()
        appIsServed()
    }

    private func makeChannel() -> HTTPAppChannel? {
        guard options.hasApp, options.appProtocol == .http || options.appProtocol == .https else { return nil }
        let endpoint: Endpoint
        var serverName: String?
        if let path = options.appSocketPath {
            endpoint = .unix(path: path)
        } else {
            endpoint = .tcp(host: options.appChannelAddress, port: options.appPort ?? 0)
            serverName = options.appChannelAddress
        }
        // As daprd: the app's certificate is taken as it is, since sidecar and app share a machine.
        let security =
            options.appProtocol == .https ? HTTPClientSecurity(serverName: serverName, verifiesPeer: false) : nil
        return HTTPAppChannel(
            endpoint: endpoint, appID: options.appID, token: options.appAPIToken,
            userAgent: "martlet/\(Version.current)", maxConcurrency: options.appMaxConcurrency, security: security,
            loop: loop)
    }

    /// Waits until the app listens; there is no limit. False where the sidecar ends first.
    private func waitForApp(_ channel: HTTPAppChannel) async -> Bool {
        let place = options.appPort.map { "port \($0)" } ?? options.appChannelAddress
        var hasTold = false
        while await !channel.isListening() {
            if isEnding { return false }
            if !hasTold {
                hasTold = true
                log.info("waiting for application to listen on \(place)")
            }
            try? await loop.sleep(for: .milliseconds(100))
        }
        log.info("application discovered on \(place)")
        return !isEnding
    }

    // MARK: Health

    /// Probes the app until the end, and lets events go to it while it is well.
    ///
    /// The sidecar is ready as soon as probing runs: the app may need the sidecar in order to become well.
    private func watchHealth(_ check: AppHealthCheck, _ channel: HTTPAppChannel) async {
        let log = log.scoped("dapr.apphealth")
        log.info("App health probes starting")
        appIsServed()
        // Also while the end is put off: it waits for the app to turn unwell.
        while !isOver {
            let began = loop.now
            let probe = await channel.probe(check.path, timeout: check.timeout)
            if isOver { return }
            observation.probes?.probed(status: probe.status, took: loop.now.elapsed(since: began))
            switch health?.probed(probe.outcome) {
            case .becameHealthy:
                log.info("App entered healthy status")
                healthChanged(channel)
            case .becameUnhealthy(let reason):
                log.warning("App entered un-healthy status: \(reason)")
                healthChanged(channel)
            case nil: break
            }
            try? await loop.sleep(for: check.interval - loop.now.elapsed(since: began))
        }
    }

    /// Probing goes on while subscriptions start and end: the app may take its time for what it has.
    private func healthChanged(_ channel: HTTPAppChannel) {
        loop.launch { await self.followingHealth.pass { await self.followHealth(channel) } }
    }

    private func followHealth(_ channel: HTTPAppChannel) async {
        isDelivering = health?.isHealthy ?? true
        if isDelivering, !isAppAsked { await discover(channel) }
        await arrangeSubscriptions()
    }

    // MARK: What the app wants

    /// Asks the app, once, for its configuration and its subscriptions.
    private func discover(_ channel: HTTPAppChannel) async {
        defer { isAppAsked = true }
        if options.skipsAppConfiguration {
            log.warning(
                "Skipping programmatic dapr configuration loading (see 'disable-init-endpoints' flag/annotation)")
        } else {
            // Its answer concerns actors, which do not exist here; the request is part of what an app may rely on.
            _ = await channel.get("/dapr/config")
        }
        await askForSubscriptions(channel)
    }

    /// Asks the app for its subscriptions, once, as soon as there is a component that they could go through.
    private func askForSubscriptions(_ channel: HTTPAppChannel) async {
        guard !hasAskedForSubscriptions, !components.isEmpty else { return }
        hasAskedForSubscriptions = true
        if options.skipsAppSubscriptions {
            log.warning("Skipping programmatic subscription loading (see 'disable-init-endpoints' flag/annotation)")
            return
        }
        switch await channel.get("/dapr/subscribe") {
        case .failure(let reason): log.error("getting the subscriptions of the app: \(reason)")
        case .success(let answer): take(answer)
        }
    }

    /// The first component came with a reload: the app, which was not asked for the lack of one, is asked now.
    func componentsCame() async {
        if let channel, isAppAsked, isDelivering { await askForSubscriptions(channel) }
    }

    private func take(_ answer: AppResponse) {
        switch answer.status {
        case 200: break
        case 404: return log.debug("the app has no subscriptions of its own (404 for /dapr/subscribe)")
        case let status:
            return log.error("app returned http status code \(status) from subscription endpoint")
        }
        do {
            let list = try ProgrammaticSubscriptions.parse(body: answer.body)
            log(list.findings)
            for spec in list.subscriptions { _ = try SubscriptionPlanner.plan(spec, bounds: SubscriptionBounds()) }
            programmatic = list.subscriptions
            mergeSubscriptions()
        } catch {
            // As in daprd nothing is subscribed then, declarative ones included: half of a list is nobody's intention.
            if error is ProgrammaticSubscriptions.Malformed { log.error("\(error)") }
            log.warning("failed to subscribe to topics: \(error)")
            programmatic = nil
            mergeSubscriptions()
        }
    }

    /// Notes which subscriptions there are, from resources and from the app's answer.
    func mergeSubscriptions() {
        guard let programmatic else { return specs = [] }
        specs = SubscriptionSpec.merge(declarative: resources.subscriptions, programmatic: programmatic)
    }
}
