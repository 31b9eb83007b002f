import Bytes
import Delivery
import Events
import Messaging
import Rules

/// One life of the process: the real broker, supervisor and subscriptions of `Delivery`, introduced to each other as `Runtime` does it.
final class SimulatedSidecar {
    /// How long the app may take when a subscription ends, and between attempts to subscribe.
    private static let drainLimit: Duration = .seconds(30)

    /// A subscription that runs, or tries to.
    final class Running {
        let index: Int
        let source: Int
        let subscription: Subscription
        var isEnding = false
        var isSuspended = false
        /// Who waits for what is at the app: an end and a suspension, and the end of the process besides.
        var drains = 0

        init(index: Int, source: Int, subscription: Subscription) {
            self.index = index
            self.source = source
            self.subscription = subscription
        }
    }

    let world: World
    let number: Int
    private(set) var pubSub: SimulatedPubSub
    private(set) var broker: Broker
    private var supervisor: ComponentSupervisor
    private let destination: any Destination
    private let random: RandomPool
    private(set) var running: [Running] = []
    /// No new work: it was killed, or it ends.
    private(set) var isDead = false
    private(set) var isOver = false
    private var isAppWell = true
    /// The control plane does one thing after the other.
    private var work: [() async -> Void] = []
    private var isWorking = false

    init(_ world: World, number: Int) {
        self.world = world
        self.number = number
        random = RandomPool(seed: world.dice.next())
        let door = AppDoor(world.app, sidecar: number)
        let app: any Destination = world.bug?.wrap(door, world) ?? door
        destination =
            world.scenario.appLimit.map { LimitedDestination(app, limit: $0, scheduler: world.clock) } ?? app
        (pubSub, broker, supervisor) = SimulatedSidecar.component(world)
        applyPolicies()
        connect()
        for index in world.scenario.subscriptions.indices { enqueue { await self.start(index) } }
    }

    private static func component(_ world: World) -> (SimulatedPubSub, Broker, ComponentSupervisor) {
        let supervisor = ComponentSupervisor(
            title: "pubsub.simulated", scheduler: world.clock,
            random: { Double(world.dice.below(1 << 30)) / Double(1 << 30) }, report: { _ in })
        let pubSub = SimulatedPubSub(world)
        pubSub.host = supervisor
        let dead = Scenario.name(ofTopic: world.scenario.deadLetterTopic)
        let broker = Broker(
            name: "bus", type: "pubsub.simulated", version: "v1",
            capabilities: !world.scenario.isDurable
                ? [.serial] : world.scenario.isShared ? [.durable, .sharedGroups] : [.durable],
            permissions: .init(
                mayPublish: { [unowned world] in $0 != dead || world.isDeadLetterWritable },
                maySubscribe: { _ in true }),
            topicPrefix: "", adapter: world.bug?.wrap(pubSub, world) ?? pubSub, scheduler: world.clock)
        return (pubSub, broker, supervisor)
    }

    private func connect() {
        let (supervisor, adapter) = (supervisor, broker.adapter)
        world.executor.launch { await supervisor.run(adapter) }
    }

    /// Nothing of the control plane is under way.
    var isIdle: Bool { !isWorking && work.isEmpty }

    // MARK: The control plane

    private func enqueue(_ body: @escaping () async -> Void) {
        work.append(body)
        guard !isWorking else { return }
        isWorking = true
        world.executor.launch { await self.doWork() }
    }

    private func doWork() async {
        while !work.isEmpty {
            let next = work.removeFirst()
            await next()
        }
        isWorking = false
    }

    private func start(_ index: Int) async {
        guard !isDead, isAppWell else { return }
        let one = make(index)
        running.append(one)
        if await attempt(one) { return }
        world.executor.launch { await self.keepTrying(one) }
    }

    private func make(_ index: Int) -> Running {
        let rules = world.scenario.subscriptions[index]
        let source = world.ledger.begin(index)
        let dead = Scenario.name(ofTopic: world.scenario.deadLetterTopic)
        let plan = SubscriptionPlan(
            topic: Scenario.name(ofTopic: rules.topic), routes: routes(rules.routing, source),
            deadLetterTopic: rules.hasDeadLetter
                ? dead : rules.deadLetter == .itself ? Scenario.name(ofTopic: rules.topic) : "",
            metadata: Metadata([("source", String(source))]), bounds: rules.bounds, bulk: rules.bulk, rules: rules.rules
        )
        let subscription = Subscription(
            plan: plan, broker: broker, destination: destination, scheduler: world.clock, observer: world.observer,
            tracer: Tracer(mode: .off, random: random), writer: EnvelopeWriter(random: random, zone: .utc))
        return Running(index: index, source: source, subscription: subscription)
    }

    private func routes(_ routing: Scenario.Subscription.Routing, _ source: Int) -> RouteTable {
        let all = RouteTable.Route(rule: nil, path: "/\(source)")
        guard routing != .plain, let rule = try? Rule("event.type == \"order\"") else { return RouteTable([all]) }
        let most = RouteTable.Route(rule: rule, path: all.path)
        return RouteTable(routing == .nowhere ? [most] : [most, .init(rule: nil, path: "/\(source)/other")])
    }

    /// True where it succeeded, or where there is nothing to attempt any more.
    private func attempt(_ one: Running) async -> Bool {
        guard !one.isEnding else { return true }
        guard supervisor.wasConnected else { return false }
        do {
            try await one.subscription.start()
            world.ledger.started(one.source)
            if one.isEnding { await one.subscription.stop() }
            return true
        } catch {
            return false
        }
    }

    private func keepTrying(_ one: Running) async {
        var failures = 0
        while !isDead, !one.isEnding {
            if supervisor.wasConnected { failures += 1 }
            let wait = supervisor.wasConnected ? RetrySchedule().milliseconds(afterFailures: failures) : 100
            await world.executor.sleep(milliseconds: Int(wait))
            if isDead { return }
            if await attempt(one) { return }
        }
    }

    private func end(_ one: Running, limit: Duration = drainLimit) async {
        one.isEnding = true
        world.note(.draining, one.source)
        world.ledger.ending(one.source)
        await drain(one, limit: limit)
        await one.subscription.stop()
        world.ledger.ended(one.source)
        world.note(.stopped, one.source)
        running.removeAll { $0 === one }
    }

    // MARK: What happens to it

    /// A subscription is closed and opened anew.
    func reload(_ index: Int) {
        enqueue {
            guard !self.isDead else { return }
            self.world.note(.reloading, index)
            if let one = self.running.first(where: { $0.index == index }) { await self.end(one) }
            await self.start(index)
        }
    }

    /// The app's health changed: subscriptions are suspended or end, as others may share their groups or not, and begin again.
    func followHealth(isWell: Bool) {
        enqueue {
            guard !self.isDead else { return }
            self.isAppWell = isWell
            await isWell ? self.goOn() : self.holdBack()
        }
    }

    private func holdBack() async {
        for one in running where !broker.hasOneReader { await end(one) }
        for one in running where !one.isSuspended {
            one.isSuspended = true
            world.ledger.ending(one.source)
            await one.subscription.suspend(limit: Self.drainLimit)
            world.ledger.suspended(one.source)
            world.note(.suspended, one.source)
        }
    }

    private func goOn() async {
        for one in running where one.isSuspended {
            one.isSuspended = false
            world.ledger.wentOn(one.source)
            world.note(.wentOn, one.source)
            one.subscription.goOn()
        }
        for index in world.scenario.subscriptions.indices where !running.contains(where: { $0.index == index }) {
            await start(index)
        }
    }

    /// The component is closed and made anew; what is published meanwhile waits.
    func replaceComponent() {
        enqueue {
            guard !self.isDead else { return }
            self.world.note(.replacing)
            for one in self.running { await self.end(one) }
            guard !self.isDead else { return }
            let former = (self.pubSub, self.broker, self.supervisor)
            (self.pubSub, self.broker, self.supervisor) = SimulatedSidecar.component(self.world)
            self.applyPolicies()
            self.broker.hold()
            self.world.hasHeld = true
            former.1.goOn()
            former.1.endRetries()
            former.2.close()
            await former.1.adapter.close()
            self.connect()
            await self.waitUntilConnected()
            self.broker.goOn()
            for index in self.world.scenario.subscriptions.indices { await self.start(index) }
        }
    }

    private func waitUntilConnected() async {
        let deadline = world.clock.now + ComponentSupervisor.attemptLimit
        while world.clock.now < deadline, !isDead, case .connecting(nil) = supervisor.health {
            await world.executor.sleep(milliseconds: 50)
        }
    }

    /// Puts the policies of the world to work.
    func applyPolicies() {
        broker.apply(inbound: policy(world.inbound), outbound: policy(world.outbound))
        for one in running { one.subscription.applyPolicy() }
    }

    private func policy(_ drawn: Scenario.Policy?) -> CallPolicy? {
        guard let drawn else { return nil }
        var policy = CallPolicy(timeout: drawn.timeout, retry: drawn.retry)
        if let (failures, milliseconds) = drawn.breaker {
            policy.breaker = SharedBreaker(
                name: "breaker", settings: .init(timeout: .milliseconds(milliseconds)), scheduler: world.clock,
                trips: { $0.consecutiveFailures > failures }, report: { _, _, _ in })
        }
        return policy.isEmpty ? nil : policy
    }

    /// The process ends in good order, whatever the control plane is doing: deliveries may finish, the rest stays at the broker.
    func shutDown() {
        guard !isDead else { return }
        isDead = true
        world.note(.stopping)
        world.executor.launch { await self.finish() }
    }

    private func finish() async {
        let rest = running
        for one in rest {
            one.isEnding = true
            world.ledger.ending(one.source)
        }
        for one in rest { await drain(one, limit: .seconds(5)) }
        for one in rest {
            await one.subscription.stop()
            world.ledger.ended(one.source)
            world.note(.stopped, one.source)
        }
        running = []
        broker.endRetries()
        supervisor.close()
        await broker.adapter.close()
        isOver = true
    }

    /// Waits for what is at the app, within the limit, and not longer than there is something.
    private func drain(_ one: Running, limit: Duration) async {
        let began = world.clock.now
        one.drains += 1
        await one.subscription.drain(limit: limit)
        let elapsed = world.clock.now.elapsed(since: began)
        // Two end together, with the shorter limit.
        if one.subscription.running > 0, elapsed < limit, one.drains == 1 {
            world.ledger.fail(
                .nothingAfterEnd, "subscription \(one.source) drained for \(elapsed), and events are at the app")
        }
        // The process may have stood still meanwhile.
        if elapsed > limit + .seconds(600) {
            world.ledger.fail(.nothingStanding, "subscription \(one.source) drained for \(elapsed)")
        }
    }

    /// `kill -9`: whatever the broker had not heard by now it will not hear. What was in memory is cleared away without a word to anybody.
    func kill() {
        guard !isOver else { return }
        isDead = true
        isOver = true
        world.note(.killed)
        pubSub.kill()
        supervisor.close()
        let rest = running
        running = []
        for one in rest {
            one.isEnding = true
            world.ledger.ending(one.source)
            world.ledger.ended(one.source)
            world.executor.launch { await one.subscription.stop() }
        }
        broker.endRetries()
    }
}

/// The way from one process to the app.
private final class AppDoor: Destination {
    private let app: SimulatedApp
    private let sidecar: Int

    init(_ app: SimulatedApp, sidecar: Int) {
        self.app = app
        self.sidecar = sidecar
    }

    func deliver(_ call: AppCall, deadline: Instant?, completion: any AppCallCompletion, token: UInt64) {
        app.begin(call, sidecar: sidecar, deadline: deadline, completion: completion, token: token)
    }
}
