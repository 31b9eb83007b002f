package import Loop
internal import Messaging

/// An HTTP/1.1 server on one shard: listeners, connections, one handler.
///
/// It lives until `drain` or `close` has returned; both are final.
package final class HTTPServer {
    /// Connections beyond the bound that may wait for their 503 at the same time; more are closed without a word.
    private static let turnedAwayAtOnce = 64

    let loop: EventLoop
    /// Its bounds.
    package let settings: HTTPServerSettings
    let handler: any HTTPHandler
    private var listeners: [Listener] = []
    private var connections: [HTTPServerConnection] = []
    private var date = HTTPDateField()
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var deadline = Wake.none

    /// Bytes of bodies that came and whose requests are not answered.
    package internal(set) var heldBytes = 0
    var spares = HTTPSpareExchanges()
    /// Whether no request is taken any more but those that have begun.
    package private(set) var isDraining = false
    /// What was counted so far.
    package internal(set) var statistics = HTTPServerStatistics()

    /// A server without a listener. Called on the shard.
    package init(on loop: EventLoop, settings: HTTPServerSettings = HTTPServerSettings(), handler: any HTTPHandler) {
        self.loop = loop
        self.settings = settings
        self.handler = handler
    }

    /// Listens on one more endpoint and returns its port; 0 for a Unix-domain socket.
    @discardableResult
    package func listen(on endpoint: Endpoint, backlog: Int = 1024) throws(LoopError) -> UInt16 {
        let listener = try Listener.listen(on: endpoint, loop: loop, backlog: backlog) { stream in
            // The listener lets go of the server when it is closed: a weak reference would make every count of the server take the slow path.
            self.adopt(stream)
        }
        listeners.append(listener)
        return listener.port
    }

    /// Serves a connection that was accepted elsewhere, such as one under TLS. The transport must be open.
    package func adopt(_ transport: any Transport) {
        statistics.accepted &+= 1
        guard !isDraining, connections.count < settings.connections + HTTPServer.turnedAwayAtOnce else {
            statistics.turnedAway &+= 1
            return transport.close()
        }
        let isTooMany = connections.count >= settings.connections
        let connection = HTTPServerConnection(transport, of: self)
        connection.index = connections.count
        connections.append(connection)
        transport.delegate = connection
        if isTooMany {
            statistics.turnedAway &+= 1
            connection.turnAway()
        }
    }

    /// Open connections.
    package var openConnections: Int { connections.count }

    /// Stops to listen, lets the requests that have begun be answered with `Connection: close`, and returns when all connections are closed.
    /// What is not done in time is cut off.
    package func drain(within limit: Duration) async {
        stopListening()
        for connection in connections { connection.drain() }
        guard !connections.isEmpty else { return }
        let due = loop.now + limit
        await withCheckedContinuation { continuation in
            waiters.append(continuation)
            loop.cancel(deadline)
            deadline = loop.wake(at: due, self, token: 0)
        }
    }

    /// Stops to listen and closes all connections now; answers that come later are dropped.
    package func close() {
        stopListening()
        for connection in connections { connection.close() }
    }

    private func stopListening() {
        isDraining = true
        for listener in listeners { listener.close() }
        listeners = []
    }

    /// The `Date` field of this second.
    var dateLine: [UInt8] {
        date.refresh(now: loop.now.nanoseconds, wallClock: loop.wallClock)
        return date.line
    }

    /// A connection is over.
    func remove(_ connection: HTTPServerConnection) {
        let index = connection.index
        guard index < connections.count, connections[index] === connection else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[index] = last
            last.index = index
        }
        guard connections.isEmpty, !waiters.isEmpty else { return }
        loop.cancel(deadline)
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume() }
    }
}

extension HTTPServer: Sleeper {
    /// The time to drain is over.
    package func wake(_ token: UInt64) {
        for connection in connections { connection.close() }
    }
}
