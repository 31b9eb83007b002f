internal import Bytes
internal import Loop
internal import MQTTClient
internal import Messaging

extension MQTTPubSub {
    func subscribe(
        _ request: SubscriptionRequest, into inlet: any Inlet
    ) async throws(ComponentError) -> any TopicSource {
        let action = "subscribing to topic \(request.topic)"
        guard !isClosed else { throw error(.closed, action, "component is closed") }
        if let refusal = MQTTTopic.refusal(ofFilter: request.topic) {
            throw error(.refused, action, "the topic \(refusal)")
        }
        guard routes.queues.count < Self.subscriptionsMaximum else {
            throw error(
                .full, action, "a component has at most \(Self.subscriptionsMaximum) topics; add another component")
        }
        let unsubscribes =
            settings.isClean || GoBool.isTruthy(request.metadata["unsubscribeOnClose"] ?? "")
        let queue = routes.queue(ofFilter: request.topic) ?? MQTTTopicQueue(request.topic)
        lastSourceID += 1
        let source = MQTTSource(lastSourceID, queue, unsubscribes: unsubscribes, inlet, self)
        queue.sources.append(source)
        if queue.sources.count == 1 { routes.add(queue) }
        // Without a connection the next `connect()` arms it.
        if isConnected {
            do throws(MQTTFailure) {
                try await arm()
            } catch {
                lost(error, action: action)
            }
            if let refusal = queue.refusal, isConnected {
                await source.cancel()
                var error = MQTTErrors.failure(refusal, action: action)
                error.component = context.title
                throw error
            }
        }
        routeAgain()
        return source
    }

    /// Whether the broker has not been asked for a filter on this connection.
    func needsArming(_ queue: MQTTTopicQueue) -> Bool {
        guard !queue.sources.isEmpty, queue.refusal == nil else { return false }
        return consumer == nil || queue.armedOn != unsettled.epoch
    }

    /// Sees to the session's connection and to every filter at the broker. What the broker refuses does not keep the others from working.
    func arm() async throws(MQTTFailure) {
        while isArming { await withCheckedContinuation { armWaiters.append($0) } }
        isArming = true
        defer {
            isArming = false
            let waiters = armWaiters
            armWaiters = []
            for waiter in waiters { waiter.resume() }
        }
        if consumer?.isOpen != true { _ = try await open(isConsumer: true) }
        guard let consumer else { return }
        var index = 0
        while index < routes.queues.count {
            let queue = routes.queues[index]
            index += 1
            guard queue.armedOn != unsettled.epoch, !queue.sources.isEmpty else { continue }
            try await arm(queue, consumer)
        }
    }

    private func arm(_ queue: MQTTTopicQueue, _ consumer: MQTTConnection) async throws(MQTTFailure) {
        let epoch = unsettled.epoch
        do throws(MQTTFailure) {
            // MQTT 5: retained events come with a new subscription only, and say so.
            let options: UInt8 = settings.version == .v5 ? 0x10 : 0
            try await consumer.subscribe(queue.filter, qos: settings.qos, options: options)
            queue.armedOn = epoch
            queue.refusal = nil
        } catch {
            guard error.kind == .refused, consumer.isOpen else { throw error }
            queue.refusal = error
            warn("subscribing to topic \(queue.filter): \(error.reason); trying again")
            if refusalWake == .none {
                refusalWake = loop.wake(at: loop.now + Self.refusalPause, self, token: Timer.refused.rawValue)
            }
        }
    }

    /// A subscription has ended; what its app had goes to the one that goes on with the topic, or waits for one.
    func end(_ source: MQTTSource) async {
        let queue = source.queue
        queue.sources.removeAll { $0 === source }
        // What the app had came before what waits.
        unrouted += unsettled.takenBack(from: source.id)
        if queue.sources.isEmpty {
            routes.remove(queue)
            unrouted += queue.takeAll()
        }
        routeAgain()
        guard queue.sources.isEmpty, source.unsubscribes, let consumer, consumer.isOpen else { return }
        queue.armedOn = 0
        do throws(MQTTFailure) {
            try await consumer.unsubscribe(queue.filter)
        } catch {
            warn("ending the subscription to topic \(queue.filter): \(error.reason)")
        }
    }

    // MARK: Queues

    /// Hands over what a filter's subscriptions have credit for.
    func pump(_ queue: MQTTTopicQueue) {
        for (source, batch) in queue.pump(&unsettled) { source.inlet?.take(batch) }
    }

    private func handAll() {
        guard !dirty.isEmpty else { return }
        let queues = dirty
        dirty = []
        for queue in queues { pump(queue) }
    }

    private func route(_ position: Position, topic: String) {
        guard let queue = routes.queue(ofTopic: topic) else {
            unrouted.append(position)
            if unroutedWake == .none, !isClosed {
                unroutedWake = loop.wake(
                    at: loop.now + Self.unroutedPatience, self, token: Timer.unrouted.rawValue)
            }
            return
        }
        queue.append(position)
        if dirty.last !== queue { dirty.append(queue) }
    }

    /// Looks for subscriptions of events that had none.
    private func routeAgain() {
        let positions = unrouted
        unrouted = []
        for position in positions {
            if let message = unsettled.message(at: position) { route(position, topic: message.topic) }
        }
        handAll()
    }

    // MARK: Settling

    func settled(_ batch: borrowing SettledBatch) {
        for position in batch.acknowledged {
            guard let (packetID, qos) = unsettled.acknowledged(position) else { continue }
            consumer?.acknowledge(packetID, qos: qos)
        }
        for (position, attempts) in batch.released where unsettled.released(position, attempts: attempts) {
            delayed.append((loop.now + RetrySchedule.standard.wait(afterFailures: attempts), position))
        }
        if !batch.released.isEmpty { armDelayed() }
        paceReading()
    }

    /// Wakes up when the first event that was given back is due.
    private func armDelayed() {
        loop.cancel(delayedWake)
        delayedWake = .none
        guard let first = delayed.map(\.due).min(), !isClosed else { return }
        delayedWake = loop.wake(at: first, self, token: Timer.redelivery.rawValue)
    }

    /// Stops reading where too much is unfinished, and goes on where it is not.
    private func paceReading() {
        let isFull =
            unsettled.count >= settings.inFlightMaximum || unsettled.bytes >= Self.unsettledBytesMaximum
        if isFull { consumer?.pauseReading() } else { consumer?.resumeReading() }
    }
}

extension MQTTPubSub: MQTTConnectionOwner {
    func opened(_ connection: MQTTConnection) {
        if connection.settings.clientID == settings.consumerID, !isClosed { consumerOpened(connection) }
    }

    func received(_ publish: MQTTPublish, _ connection: MQTTConnection) {
        let message = MQTTEventMapping.message(publish)
        switch unsettled.arriving(packetID: publish.packetID, isDuplicate: publish.isDuplicate, message) {
        case .known: return
        case .done: connection.acknowledge(publish.packetID, qos: publish.qos)
        case .new:
            let position = unsettled.add(message, packetID: publish.packetID, qos: publish.qos)
            route(position, topic: message.topic)
        }
    }

    func released(_ packetID: UInt16, _ connection: MQTTConnection) { unsettled.completed(packetID) }

    func receivedAll(_ connection: MQTTConnection) {
        handAll()
        // Also for what no subscription takes: it is kept, and so it counts.
        paceReading()
    }

    func connectionEnded(_ connection: MQTTConnection, _ failure: MQTTFailure) {
        lost(failure, action: connection === producer ? "talking to the broker" : "receiving from the broker")
    }
}

extension MQTTPubSub: Sleeper {
    func wake(_ token: UInt64) {
        switch Timer(rawValue: token) {
        case .redelivery: redeliver()
        case .unrouted: tellUnrouted()
        case .refused:
            refusalWake = .none
            guard isConnected else { return }
            loop.launch { [weak self] in await self?.armRefused() }
        case nil: return
        }
    }

    private func armRefused() async {
        do throws(MQTTFailure) {
            try await arm()
        } catch {
            lost(error, action: "subscribing")
        }
    }

    private func redeliver() {
        delayedWake = .none
        let now = loop.now
        let due = delayed.filter { $0.due <= now }
        delayed.removeAll { $0.due <= now }
        for (_, position) in due {
            if let message = unsettled.message(at: position) { route(position, topic: message.topic) }
        }
        handAll()
        armDelayed()
    }

    private func tellUnrouted() {
        unroutedWake = .none
        guard let position = unrouted.first, let message = unsettled.message(at: position) else { return }
        warn(
            "\(unrouted.count) events, such as of topic \(message.topic), are in the session of client \(settings.consumerID) and no subscription takes them: they stay there; subscribe to the topic, or connect once with cleanSession to throw the session away"
        )
    }
}
