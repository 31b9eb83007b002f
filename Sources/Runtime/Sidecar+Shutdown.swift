internal import AppChannels
internal import Delivery
internal import Glibc
internal import HTTP
internal import Loop
internal import Messaging
internal import Observability

/// The end, in its order (spec 6.7): no new events, deliveries in flight, components, API.
extension Sidecar {
    /// How long deliveries in flight may take, out of the graceful time, before their events are left to the broker.
    private static let drainShare = 2

    /// Ends the sidecar as was asked; the exit status.
    func finish(_ end: SidecarEnd) async -> Int32 {
        if end == .forced {
            // Long enough for the answer to the caller to leave.
            try? await loop.sleep(for: .milliseconds(100))
            return 1
        }
        if end != .restart { await block() }
        let isInTime = await shutDownInTime()
        if case .failed(let reason) = end {
            log.fatal("Fatal error from runtime: \(reason)")
            return 1
        }
        if end == .restart { return 0 }
        guard isInTime else {
            log.error("Graceful shutdown timeout exceeded, forcing shutdown")
            return 1
        }
        log.info("Daprd shutdown gracefully")
        return 0
    }

    /// `--dapr-block-shutdown-duration`: deliveries stop, the API goes on for a while or until the app is unwell.
    private func block() async {
        guard let duration = options.blockShutdown, !subscriptions.isEmpty else { return }
        log.info("Blocking graceful shutdown for \(duration) or until app reports unhealthy...")
        let deadline = loop.now + duration
        await drainSubscriptions(limit: duration)
        while loop.now < deadline {
            if let health, !health.isHealthy { return log.info("App reported unhealthy, entering shutdown...") }
            try? await loop.sleep(for: min(.milliseconds(100), deadline.elapsed(since: loop.now)))
        }
        log.info("Block shutdown period expired, entering shutdown...")
    }

    /// False where the graceful time was over first.
    private func shutDownInTime() async -> Bool {
        let limit = options.gracefulShutdown
        let deadline = loop.now + limit
        await shutDown()
        return limit == .zero || loop.now <= deadline
    }

    /// Ends every part that was started. Each step has its own bound.
    func shutDown() async {
        let limit = options.gracefulShutdown
        isOver = true
        reloading.watch?.close()
        await drainSubscriptions(limit: limit / Sidecar.drainShare)
        // A reload that is under way ends early, and so leaves nothing open behind this.
        await reloading.turnstile.pass {}
        for subscription in subscriptions {
            await subscription.stop()
            deliveryLog.summarise(subscription)
        }
        for component in components { component.broker.endRetries() }
        await server?.drain(within: limit / 4)
        await publicServer?.drain(within: limit / 8)
        for component in components.reversed() {
            component.supervisor.close()
            await component.adapter.close()
        }
        channel?.close()
        await stopObserving(within: limit / 8)
    }

    private func drainSubscriptions(limit: Duration) async {
        let tasks = subscriptions.map { subscription in loop.launch { await subscription.drain(limit: limit) } }
        for task in tasks { await task.value }
    }
}
