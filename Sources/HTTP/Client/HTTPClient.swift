internal import Bytes
package import Loop
package import Messaging

/// A client of one origin on one shard: a pool of kept connections, one request at a time on each.
///
/// The connection that was used last is used next, so that those which are not needed grow old and close. A request that finds none waits,
/// first come first served, while up to `connections` are opened; each failed attempt to connect ends the request that waits longest.
/// No redirects, no cookies, no retry but the one of a stale connection (`HTTPStaleness`).
/// It is ended with `drain` or `close`; one that is dropped lives on until its connections have.
package final class HTTPClient {
    let loop: EventLoop
    /// Its bounds.
    package let settings: HTTPClientSettings
    /// `settings.idleTimeout` in nanoseconds: `Duration` costs a long division each time.
    let idleTimeout: UInt64
    /// The end of every request line, and the host.
    let requestLineEnd: [UInt8]
    private let makeTransport: (any TransportDelegate) -> any Transport

    private var connections: [HTTPClientConnection] = []
    private var idle: [HTTPClientConnection] = []
    private var connecting = 0
    private var waiting = HTTPClientQueue()
    var spares = HTTPSpareCalls()
    private var failed: [(call: HTTPClientCall, error: HTTPClientError)] = []
    private var isFailing = false
    private var armedFor: Instant?
    private var wake = Wake.none
    private var isClosing = false
    private var closeDue: Instant?
    private var closers: [CheckedContinuation<Void, Never>] = []

    /// What was counted so far.
    package private(set) var statistics = HTTPClientStatistics()

    /// A client without a connection. `host` is the value of the `Host` field; `connect` makes another kind of transport, such as TLS.
    package init(
        origin: Endpoint, host: String, on loop: EventLoop, settings: HTTPClientSettings = HTTPClientSettings(),
        connect: ((any TransportDelegate) -> any Transport)? = nil
    ) {
        self.loop = loop
        self.settings = settings
        idleTimeout = settings.idleTimeout.wholeNanoseconds
        makeTransport = connect ?? { ByteStream.connect(to: origin, on: loop, delegate: $0) }
        var line = [UInt8](" HTTP/1.1\r\n".utf8)
        var block = HTTPFieldBlock(continuing: &line)
        block.add("Host", host)
        block.giveBack(to: &line)
        requestLineEnd = line
    }

    /// A client of an `https` origin.
    package convenience init(
        origin: Endpoint, host: String, security: HTTPClientSecurity, on loop: EventLoop,
        settings: HTTPClientSettings = HTTPClientSettings()
    ) {
        let tls = HTTPClientTLS(security)
        self.init(origin: origin, host: host, on: loop, settings: settings) { delegate in
            tls.connect(to: origin, on: loop, delegate: delegate)
        }
    }

    // MARK: Sending

    /// Sends a request; the completion is called once, on this shard, later. Without a deadline it waits as long as the connection lives.
    @discardableResult
    package func send(
        _ request: consuming HTTPClientRequest, deadline: Instant?, completion: any HTTPClientCompletion,
        token: UInt64 = 0
    ) -> HTTPClientCall {
        let call: HTTPClientCall
        if let spare = spares.take() {
            call = spare
            spare.begin(request, deadline: deadline, completion: completion, token: token, client: self)
        } else {
            call = HTTPClientCall(request, deadline: deadline, completion: completion, token: token, client: self)
        }
        if let refusal = refusal(of: call) {
            failLater(call, refusal)
            return call
        }
        statistics.requests &+= 1
        if let connection = idle.popLast() {
            connection.start(call)
        } else {
            waiting.append(call)
            openConnections()
            if let deadline { arm(for: deadline) }
        }
        return call
    }

    /// Sends a request and waits for its end; for the control plane. It is called on the shard.
    package func response(
        to request: HTTPClientRequest, deadline: Instant
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        let result = await withCheckedContinuation { continuation in
            send(request, deadline: deadline, completion: HTTPClientWaiter(continuation))
        }
        switch result {
        case .response(let response): return response
        case .failure(let error): throw error
        }
    }

    /// Requests that wait for a connection.
    package var waitingRequests: Int { waiting.count }

    /// Connections, connecting and idle ones included.
    package var openConnectionCount: Int { connections.count }

    /// Connections without a request.
    package var idleConnectionCount: Int { idle.count }

    private func refusal(of call: HTTPClientCall) -> HTTPClientError? {
        if isClosing { return HTTPClientError(.closed, "the client is closed") }
        guard call.request.isSendable else {
            return HTTPClientError(.invalidRequest, "the method or the target of the request is malformed")
        }
        if let deadline = call.deadline, deadline <= loop.now {
            return HTTPClientError(.timeout, "the deadline had passed before the request")
        }
        if idle.isEmpty, waiting.count >= settings.waiting {
            statistics.overloaded &+= 1
            return HTTPClientError(.overloaded, "\(settings.waiting) requests wait for a connection already")
        }
        return nil
    }

    // MARK: Connections

    func connect(_ connection: HTTPClientConnection) -> any Transport { makeTransport(connection) }

    private func openConnections() {
        while connecting < waiting.count, connections.count < settings.connections { open(for: nil) }
    }

    private func open(for call: HTTPClientCall?) {
        let connection = HTTPClientConnection(of: self, for: call)
        connections.append(connection)
        if call == nil { connecting += 1 }
        statistics.opened &+= 1
        connection.open()
    }

    /// A connection is there.
    func connected(_ connection: HTTPClientConnection) {
        if let call = connection.call { return connection.start(call) }
        connecting -= 1
        release(connection)
    }

    /// A connection is free: for who waits longest, or for later.
    func release(_ connection: HTTPClientConnection) {
        if let call = waiting.popFirst() {
            connection.start(call)
        } else if isClosing {
            connection.end()
        } else {
            connection.rest()
            idle.append(connection)
        }
    }

    /// A connection could not be made.
    func connectFailed(for reserved: HTTPClientCall?, _ error: HTTPClientError) {
        if reserved == nil { connecting -= 1 }
        let call = reserved ?? waiting.popFirst()
        openConnections()
        if let call { fail(call, error) }
        finishClosing()
    }

    /// A connection is over.
    func remove(_ connection: HTTPClientConnection) {
        if let index = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: index) }
        if let index = connections.firstIndex(where: { $0 === connection }) { connections.remove(at: index) }
        if !waiting.isEmpty { openConnections() }
        finishClosing()
    }

    // MARK: Ending requests

    /// Sends a request once more, on a connection of its own.
    func resend(_ call: HTTPClientCall) {
        call.wasResent = true
        call.connection = nil
        statistics.resent &+= 1
        open(for: call)
    }

    /// Ends a request now. Never from inside `send`.
    func fail(_ call: HTTPClientCall, _ error: HTTPClientError) {
        statistics.failures &+= 1
        call.complete(.failure(error))
    }

    private func failLater(_ call: HTTPClientCall, _ error: HTTPClientError) {
        failed.append((call, error))
        guard !isFailing else { return }
        isFailing = true
        loop.atTurnEnd(self)
    }

    /// Takes a request back.
    func cancel(_ call: HTTPClientCall) {
        if failed.contains(where: { $0.call === call }) { return }
        var error = HTTPClientError(.cancelled, "the request was cancelled")
        if let connection = call.connection {
            error.mayHaveBeenProcessed = connection.hasWritten
            connection.end()
        } else if waiting.removeAll(where: { $0 === call }).isEmpty {
            connections.first { $0.call === call }?.end()
        }
        failLater(call, error)
    }

    // MARK: Closing

    /// Takes no more requests, lets those that are there end, and returns when all connections are closed. What is not done in time is cut off.
    package func drain(within limit: Duration) async {
        isClosing = true
        for connection in idle { connection.end() }
        guard !connections.isEmpty else { return }
        let due = loop.now + limit
        closeDue = due
        await withCheckedContinuation { continuation in
            closers.append(continuation)
            arm(for: due)
        }
    }

    /// Closes all connections now; requests that are on them or wait end as `closed`.
    package func close() {
        isClosing = true
        for call in waiting.removeAll(where: { _ in true }) {
            failLater(call, HTTPClientError(.closed, "the client was closed"))
        }
        for connection in connections {
            let call = connection.call
            let hasWritten = connection.hasWritten
            connection.end()
            guard let call else { continue }
            failLater(call, HTTPClientError(.closed, "the client was closed", mayHaveBeenProcessed: hasWritten))
        }
    }

    private func finishClosing() {
        guard isClosing, connections.isEmpty, waiting.isEmpty else { return }
        loop.cancel(wake)
        wake = .none
        let waiters = closers
        closers = []
        for waiter in waiters { waiter.resume() }
    }
}

extension HTTPClient: TurnParticipant {
    package func turnEnded() {
        isFailing = false
        var ending: [(call: HTTPClientCall, error: HTTPClientError)] = []
        swap(&ending, &failed)
        for (call, error) in ending { fail(call, error) }
    }
}

extension HTTPClient: Sleeper {
    private func arm(for moment: Instant) {
        if let armedFor, armedFor <= moment { return }
        loop.cancel(wake)
        wake = loop.wake(at: moment, self, token: 0)
        armedFor = moment
    }

    /// Ends what waited too long, and asks for the next deadline among those that wait.
    package func wake(_ token: UInt64) {
        armedFor = nil
        wake = .none
        let now = loop.now
        let overdue = waiting.removeAll { $0.deadline.map { $0 <= now } ?? false }
        var next: Instant?
        waiting.forEach { call in
            if let deadline = call.deadline { next = min(next ?? deadline, deadline) }
        }
        if let closeDue {
            if closeDue <= now { close() } else { next = min(next ?? closeDue, closeDue) }
        }
        if let next { arm(for: next) }
        for call in overdue { fail(call, HTTPClientError(.timeout, "no connection was free within the deadline")) }
        finishClosing()
    }
}
