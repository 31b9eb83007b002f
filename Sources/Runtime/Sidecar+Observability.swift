internal import AppChannels
internal import Delivery
internal import HTTP
internal import HTTPAPI
internal import Loop
internal import Messaging
internal import Observability
internal import Resources

/// Metrics and spans: made once the Configuration is known, ended last.
extension Sidecar {
    /// Scrapers at once.
    private static let scrapers = 32
    /// Requests to the metrics port have no body worth reading.
    private static let scrapeBody = 64 << 10

    /// Makes what the flags and the Configuration ask for. Nothing is measured where nothing is.
    func startObserving() throws(StartFailure) {
        startExporting()
        log.info("metric spec: \(configuration.metrics.json)")
        if options.metricsPort != nil, configuration.metrics.isEnabled ?? true {
            let registry = MetricRegistry(metricSettings())
            observation.registry = registry
            observation.deliveries = DeliveryFamilies(registry)
            observation.components = ComponentMetrics(registry)
            observation.policies = PolicyFamilies(registry)
            observation.probes = ProbeMetrics(registry)
            observation.lag = LagWatch(loop)
            registry.collect { [weak self] page in self?.collect(into: &page) }
            registry.collect { ProcessMetrics.collect(into: &$0) }
            try listenForScrapers(registry)
        }
        if observation.registry != nil || tracer.recorder != nil {
            observation.requests = RequestObserver(
                metrics: observation.registry.map { RequestMetrics($0) }, tracer: tracer, scheduler: loop)
        }
    }

    /// Who is told what happens to a subscription's events.
    func observer(component: String, topic: String) -> any DeliveryObserver {
        guard let families = observation.deliveries else { return deliveryLog }
        return DeliveryMetrics(families, component: component, topic: topic, next: deliveryLog)
    }

    /// Counts how components stand.
    func note(_ report: ComponentSupervisor.Report) {
        guard case .connected(let title, again: false) = report else { return }
        observation.components?.componentInitialised(type: String(title.prefix { $0 != " " }))
    }

    /// Counts a component that will not be, with daprd's reasons.
    func note(_ failure: ComponentFailure) {
        observation.components?.componentFailed(
            type: failure.component.type, name: failure.component.name,
            reason: failure.stage == .unknownType ? "creation" : "init")
    }

    /// The last step of the end: spans that wait are sent, then nobody can scrape any more.
    func stopObserving(within limit: Duration) async {
        await stopExporting(within: limit)
        await observation.server?.drain(within: limit)
        observation.server = nil
    }

    private func metricSettings() -> MetricSettings {
        let given = configuration.metrics
        var settings = MetricSettings(appID: options.appID)
        settings.namespace = options.namespace
        settings.latencyBuckets = MetricSettings.latencyBuckets(given.latencyBuckets)
        settings.showsPaths = given.http?.increasedCardinality ?? true
        settings.pathPatterns = given.http?.pathMatching ?? []
        settings.hidesMethods = given.http?.excludeVerbs ?? false
        let (rewrite, complaints) = MetricRules.make(given.rules)
        settings.rewrite = rewrite
        for complaint in complaints { log.error(complaint) }
        settings.countsErrorCodes = given.recordErrorCodes ?? false
        return settings
    }

    private func listenForScrapers(_ registry: MetricRegistry) throws(StartFailure) {
        guard let port = options.metricsPort else { return }
        var settings = HTTPServerSettings()
        settings.connections = Sidecar.scrapers
        settings.message.bodyBytes = Sidecar.scrapeBody
        let endpoint = MetricsEndpoint(registry) { [weak self] page in self?.prepare(page) ?? page() }
        let server = HTTPServer(on: loop, settings: settings, handler: endpoint)
        let host = options.metricsListenAddress.isEmpty ? "0.0.0.0" : options.metricsListenAddress
        do {
            let port = try server.listen(on: .tcp(host: host, port: port))
            observation.server = server
            log.info("metrics server started on \(host):\(port)/")
        } catch {
            let reason =
                "the metrics server cannot listen on \(host):\(port): \(error.reason); give another --metrics-port, or --enable-metrics=false"
            // The default port is nobody's wish: a second sidecar on the machine goes on without.
            guard !options.given.contains("metrics-port") else { throw StartFailure(reason: reason) }
            log.error(reason)
        }
    }

    // MARK: What is known only when somebody asks

    /// Asks the brokers how far the groups are behind, then has the page written.
    private func prepare(_ page: @escaping () -> Void) {
        loop.launch {
            await self.observation.lag?.measure(self.subscriptions)
            page()
        }
    }

    private func collect(into page: inout MetricPage) {
        let labels = ["app_id", "component", "topic"]
        func gauge(_ name: String, _ help: String, _ number: (Subscription) -> Double?) {
            let samples = subscriptions.compactMap { subscription in
                number(subscription).map {
                    (values: [options.appID, subscription.broker.name, subscription.plan.topic], number: $0)
                }
            }
            page.family("martlet_subscription_" + name, "gauge", help, labels: labels, samples)
        }
        gauge("in_flight_events", "Events between broker and settlement.") { Double($0.inFlight) }
        gauge("in_flight_limit", "The bound on events in flight; at it the source is read no further.") {
            Double($0.plan.bounds.events)
        }
        gauge("in_flight_bytes", "Bytes of the events in flight.") { Double($0.bytesInFlight) }
        gauge("running_events", "Events at the app or in a write to the dead letter topic.") { Double($0.running) }
        gauge("waiting_events", "Events that wait for their next attempt.") { Double($0.waiting) }
        gauge("oldest_event_seconds", "For how long the oldest event in flight has been here.") { subscription in
            subscription.oldestArrival.map { Double(loop.now.elapsed(since: $0).wholeNanoseconds) / 1e9 } ?? 0
        }
        gauge("lag_events", "Events that the broker holds for the group and that nobody has settled.") { subscription in
            observation.lag?[subscription].map(Double.init)
        }
        PolicyFamilies.writeStates(policies?.metrics ?? [], to: &page)
        collectQueues(into: &page)
        page.family(
            "martlet_log_lines_dropped_total", "counter", "Log lines that were dropped because there were too many.",
            labels: ["app_id"], [([options.appID], Double(log.droppedLines))])
        observation.exporter?.collect(into: &page, appID: options.appID)
    }

    private func collectQueues(into page: inout MetricPage) {
        var queues: [(name: String, depth: Int, limit: Int)] = []
        for (index, api) in apis.enumerated() {
            queues.append(
                (index == 0 ? "api_publishes" : "public_api_publishes", api.publishesInFlight, APIServer.publishLimit))
        }
        if let server { queues.append(("api_connections", server.openConnections, server.settings.connections)) }
        if let channel {
            queues.append(("app_calls", channel.waitingCalls.count, channel.waitingCalls.limit))
            queues.append(("app_connections", channel.connections.count, channel.connections.limit))
        }
        page.family(
            "martlet_queue_depth", "gauge", "Entries of a queue that has a bound.", labels: ["app_id", "queue"],
            queues.map { ([options.appID, $0.name], Double($0.depth)) })
        page.family(
            "martlet_queue_limit", "gauge", "The bound of a queue.", labels: ["app_id", "queue"],
            queues.map { ([options.appID, $0.name], Double($0.limit)) })
    }
}
