internal import AppChannels
internal import Delivery
internal import Loop
internal import Messaging
internal import Observability
internal import Resources

/// Subscriptions: which are wanted now, and what is to be done so that exactly those run.
///
/// Whatever changes that (the app's health, its answer, resources, components) is noted, and then `arrangeSubscriptions()` is called.
extension Sidecar {
    /// How long the app may take for what it has when a subscription ends while the sidecar goes on (spec 6.7); the rest is given back.
    private static let drainLimit: Duration = .seconds(30)
    /// How long a subscription that its broker refuses waits between attempts: from the first to the last.
    private static let subscribeRetry = RetrySchedule()

    /// A subscription that shall run, and the component it goes through.
    private struct Wanted {
        let spec: SubscriptionSpec
        let component: Component
    }

    /// Ends what is not wanted any more, starts what is wanted, leaves the others alone. It returns when that is done.
    func arrangeSubscriptions() async {
        await arranging.pass { await arrange() }
    }

    private func arrange() async {
        guard let channel else { return }
        let wanted = wantedSubscriptions()
        let difference = ResourceDifference(
            old: running.map { ($0.spec.place, $0.identity) },
            new: wanted.map { ($0.spec.place, RunningSubscription.Identity($0.spec, $0.component)) }, isSame: ==)
        let (added, changed) = (Set(difference.added), Set(difference.changed))
        for one in wanted where added.contains(one.spec.place) { await start(one, channel) }
        let leaving = changed.union(difference.removed)
        let ending = running.filter { leaving.contains($0.spec.place) }
        let staying = running.filter { !leaving.contains($0.spec.place) && $0.isSuspended == isDelivering }
        let pausing = loop.launch { await self.heedHealth(staying) }
        await end(ending)
        await pausing.value
        for one in wanted where changed.contains(one.spec.place) { await start(one, channel) }
    }

    private func wantedSubscriptions() -> [Wanted] {
        guard !isEnding else { return [] }
        var complaints: Set<String> = []
        var wanted: [Wanted] = []
        for spec in specs {
            let name = "pubsub \(spec.pubsubName), topic \(spec.topic)"
            guard let component = components.first(where: { $0.broker.name == spec.pubsubName }) else {
                // As in daprd it stays listed; the component may be scoped to other apps on purpose, so this is no error.
                let text = "no subscription for \(name): there is no such pubsub component for this app"
                if complaints.insert(text).inserted, !subscriptionComplaints.contains(text) { log.warning(text) }
                continue
            }
            guard component.broker.permissions.maySubscribe(spec.topic) else {
                let text =
                    "Failed to start subscription for \(name): subscription to topic '\(spec.topic)' on pubsub "
                    + "'\(spec.pubsubName)' is not allowed"
                if complaints.insert(text).inserted, !subscriptionComplaints.contains(text) { log.error(text) }
                continue
            }
            guard !component.isLeaving, isDelivering || keepsItsPlace(spec, component) else { continue }
            wanted.append(Wanted(spec: spec, component: component))
        }
        subscriptionComplaints = complaints
        return wanted
    }

    /// Whether a subscription only pauses while the app is unwell. Where others share its group it ends instead, so that they get the
    /// events; where nobody does, its group would count as one that nobody serves.
    private func keepsItsPlace(_ spec: SubscriptionSpec, _ component: Component) -> Bool {
        let identity = RunningSubscription.Identity(spec, component)
        return component.broker.hasOneReader && running.contains { $0.identity == identity }
    }

    /// Pauses subscriptions or has them go on, as the app's health says.
    private func heedHealth(_ staying: [RunningSubscription]) async {
        if isDelivering {
            for one in staying { one.isSuspended = false }
            return staying.forEach { $0.subscription.goOn() }
        }
        let tasks = staying.map { one in
            one.isSuspended = true
            return loop.launch {
                await one.subscription.suspend(limit: Sidecar.drainLimit)
                self.log.info(
                    "subscription to topic \(one.spec.topic) on pubsub \(one.spec.pubsubName) pauses until the app is well"
                )
            }
        }
        for task in tasks { await task.value }
    }

    // MARK: Starting

    private func start(_ wanted: Wanted, _ channel: HTTPAppChannel) async {
        guard !isEnding, isDelivering, !wanted.component.isLeaving, let one = make(wanted, channel) else { return }
        running.append(one)
        if await attempt(one) { return }
        loop.launch { await self.keepTrying(one) }
    }

    private func make(_ wanted: Wanted, _ channel: HTTPAppChannel) -> RunningSubscription? {
        let (spec, component) = (wanted.spec, wanted.component)
        let capabilities = component.broker.capabilities
        guard
            let plan = try? SubscriptionPlanner.plan(spec, bounds: bounds(of: component), capabilities: capabilities)
        else { return nil }
        warnAbout(spec, plan, component)
        let subscription = Subscription(
            plan: plan, broker: component.broker, destination: destination ?? channel, scheduler: loop,
            observer: observer(component: component.broker.name, topic: plan.topic), tracer: tracer, writer: writer)
        return RunningSubscription(spec: spec, component: component, subscription: subscription)
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
        if component.settings.text("concurrencyMode") == "single" { bounds.concurrency = 1 }
        if options.appMaxConcurrency > 0 { bounds.concurrency = min(bounds.concurrency, options.appMaxConcurrency) }
        if !component.broker.isDurable {
            bounds.callLimit = nil
        } else if let limit = component.settings.duration("processingTimeout") {
            bounds.callLimit = limit == .zero ? nil : limit
        }
        return bounds
    }

    /// One attempt, once the component is connected; true where it succeeded, or where there is nothing to attempt any more.
    private func attempt(_ one: RunningSubscription) async -> Bool {
        guard !one.isEnding else { return true }
        guard one.component.supervisor.wasConnected else { return false }
        defer {
            one.wasAttempted = true
            noteServed()
        }
        do {
            try await one.subscription.start()
            // It was ended meanwhile, without a source that could be told.
            if one.isEnding { await one.subscription.stop() }
            return true
        } catch {
            log.error(
                "Failed to start subscription for pubsub \(one.spec.pubsubName), topic \(one.spec.topic): \(error)")
            return false
        }
    }

    private func keepTrying(_ one: RunningSubscription) async {
        var failures = 0
        while !isEnding, !one.isEnding {
            let isConnected = one.component.supervisor.wasConnected
            if isConnected { failures += 1 }
            let wait = isConnected ? Sidecar.subscribeRetry.wait(afterFailures: failures) : .milliseconds(100)
            let pause = loop.launch { try? await self.loop.sleep(for: wait) }
            one.pause = pause
            await pause.value
            if isEnding { return }
            if await attempt(one) { return }
        }
    }

    // MARK: Ending

    /// Ends subscriptions side by side: what the app has is waited for, the rest stays with the broker.
    private func end(_ ending: [RunningSubscription]) async {
        for one in ending { one.isEnding = true }
        let tasks = ending.map { one in
            loop.launch {
                await one.subscription.drain(limit: Sidecar.drainLimit)
                await one.subscription.stop()
                self.deliveryLog.summarise(one.subscription)
            }
        }
        for task in tasks { await task.value }
        running.removeAll { one in ending.contains { $0 === one } }
        noteServed()
    }
}
