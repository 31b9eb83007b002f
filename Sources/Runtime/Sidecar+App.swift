internal import AppChannels
internal import Delivery
internal import Loop
internal import Messaging
internal import Observability
internal import Resources

/// The app: found, asked what it wants, and given its events (spec 6.6, steps 10-13).
extension Sidecar {
    /// How long a subscription that its broker refuses waits between attempts: from the first to the last.
    private static let subscribeRetry = RetrySchedule()

    func serveApp() async {
        guard let channel = makeChannel() else {
            log.warning("App channel is not initialized. Did you configure an app-port?")
            return appIsServed()
        }
        self.channel = channel
        destination =
            options.appMaxConcurrency > 0
            ? LimitedDestination(channel, limit: options.appMaxConcurrency, scheduler: loop) : channel
        guard await waitForApp(channel) else { return }
        await discover(channel)
        await startSubscriptions(channel)
        appIsServed()
    }

    private func makeChannel() -> HTTPAppChannel? {
        guard options.hasApp, options.appProtocol == .http else { return nil }
        let endpoint: Endpoint =
            if let path = options.appSocketPath {
                .unix(path: path)
            } else {
                .tcp(host: options.appChannelAddress, port: options.appPort ?? 0)
            }
        return HTTPAppChannel(
            endpoint: endpoint, appID: options.appID, token: options.appAPIToken,
            userAgent: "martlet/\(Version.current)", maxConcurrency: options.appMaxConcurrency, loop: loop)
    }

    /// Waits until the app listens; there is no limit. False where the sidecar ends first.
    private func waitForApp(_ channel: HTTPAppChannel) async -> Bool {
        let place = options.appPort.map { "port \($0)" } ?? options.appChannelAddress
        var hasTold = false
        while await !channel.isListening() {
            if lifecycle.isEnding { return false }
            if !hasTold {
                hasTold = true
                log.info("waiting for application to listen on \(place)")
            }
            try? await loop.sleep(for: .milliseconds(100))
        }
        log.info("application discovered on \(place)")
        return !lifecycle.isEnding
    }

    /// Asks the app for its configuration and its subscriptions.
    private func discover(_ channel: HTTPAppChannel) async {
        if options.skipsAppConfiguration {
            log.info("Skipping programmatic dapr configuration loading")
        } else {
            // Its answer concerns actors, which do not exist here; the request is part of what an app may rely on.
            _ = await channel.get("/dapr/config")
        }
        guard !components.isEmpty else { return }
        if options.skipsAppSubscriptions {
            log.info("Skipping programmatic subscription loading")
            return
        }
        switch await channel.get("/dapr/subscribe") {
        case .failure(let reason): log.error("getting the subscriptions of the app: \(reason)")
        case .success(let answer): take(answer)
        }
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
            specs = SubscriptionSpec.merge(declarative: resources.subscriptions, programmatic: list.subscriptions)
        } catch {
            // As in daprd nothing is subscribed then, declarative ones included: half of a list is nobody's intention.
            log.warning("failed to subscribe to topics: \(error)")
            specs = []
        }
    }

    // MARK: Subscriptions

    private func startSubscriptions(_ channel: HTTPAppChannel) async {
        var planned: [(Component, Subscription)] = []
        for spec in specs {
            if let pair = plan(spec, channel) { planned.append(pair) }
        }
        for (component, subscription) in planned {
            subscriptions.append(subscription)
            let first = await attempt(subscription, component)
            guard !first else { continue }
            loop.launch { await self.keepTrying(subscription, component) }
        }
    }

    private func plan(_ spec: SubscriptionSpec, _ channel: HTTPAppChannel) -> (Component, Subscription)? {
        let name = "pubsub \(spec.pubsubName), topic \(spec.topic)"
        guard let component = components.first(where: { $0.broker.name == spec.pubsubName }) else {
            // As in daprd it stays listed; the component may be scoped to other apps on purpose, so this is no error.
            log.warning("no subscription for \(name): there is no such pubsub component for this app")
            return nil
        }
        guard component.broker.permissions.maySubscribe(spec.topic) else {
            log.error(
                "Failed to start subscription for \(name): subscription to topic '\(spec.topic)' on pubsub "
                    + "'\(spec.pubsubName)' is not allowed")
            return nil
        }
        let capabilities = component.broker.capabilities
        guard
            let plan = try? SubscriptionPlanner.plan(spec, bounds: bounds(of: component), capabilities: capabilities)
        else { return nil }
        warnAbout(spec, plan, component)
        let subscription = Subscription(
            plan: plan, broker: component.broker, destination: destination ?? channel, scheduler: loop,
            observer: observer(component: component.broker.name, topic: plan.topic),
            tracer: tracer, writer: writer)
        return (component, subscription)
    }

    private func warnAbout(_ spec: SubscriptionSpec, _ plan: SubscriptionPlan, _ component: Component) {
        let name = "subscription to topic \(spec.topic) on pubsub \(spec.pubsubName)"
        if !plan.deadLetterTopic.isEmpty, !plan.hasDeadLetter {
            log.warning(
                "\(name): its dead letter topic is the topic itself, which would repeat every failure for ever; it is not used"
            )
        }
        if let delivery = spec.delivery, delivery.retries, delivery.attempts == nil, plan.hasDeadLetter {
            log.info(
                "\(name): delivery.attempts is not given, so no failure reaches the dead letter topic; events are tried until the app takes them"
            )
        }
        if spec.delivery?.attempts != nil, !plan.hasDeadLetter {
            let fate = component.broker.isDurable ? "stays and is tried again later" : "is lost"
            log.warning(
                "\(name): there is no dead letter topic, so an event that failed delivery.attempts times \(fate)")
        }
    }

    private func bounds(of component: Component) -> SubscriptionBounds {
        var bounds = SubscriptionBounds()
        if component.settings.isGiven("concurrency"), let given = component.settings.integer("concurrency"), given > 0 {
            bounds.concurrency = given
        }
        if options.appMaxConcurrency > 0 { bounds.concurrency = min(bounds.concurrency, options.appMaxConcurrency) }
        if !component.broker.isDurable {
            bounds.callLimit = nil
        } else if let limit = component.settings.duration("processingTimeout") {
            bounds.callLimit = limit == .zero ? nil : limit
        }
        return bounds
    }

    /// One attempt, once the component is connected; true where it succeeded.
    private func attempt(_ subscription: Subscription, _ component: Component) async -> Bool {
        guard component.supervisor.wasConnected else { return false }
        do {
            try await subscription.start()
            return true
        } catch {
            log.error(
                "Failed to start subscription for pubsub \(component.broker.name), topic \(subscription.plan.topic): \(error)"
            )
            return false
        }
    }

    private func keepTrying(_ subscription: Subscription, _ component: Component) async {
        var failures = 0
        while !lifecycle.isEnding {
            if component.supervisor.wasConnected {
                failures += 1
            }
            let wait =
                component.supervisor.wasConnected
                ? Sidecar.subscribeRetry.wait(afterFailures: failures) : .milliseconds(100)
            try? await loop.sleep(for: wait)
            if lifecycle.isEnding { return }
            if await attempt(subscription, component) { return }
        }
    }
}
