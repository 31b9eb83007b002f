internal import Messaging

/// One request on its way: what is needed to send it, perhaps twice, and to tell its end once.
package final class HTTPClientCall {
    private(set) var request: HTTPClientRequest
    private(set) var deadline: Instant?
    private(set) var token: UInt64
    private var completion: (any HTTPClientCompletion)?
    /// Let go of at the end, as is the connection: weak references would make every count of both take the slow path.
    private var client: HTTPClient?

    /// The connection that it was given to.
    var connection: HTTPClientConnection?
    /// It was sent once more already.
    var wasResent = false

    init(
        _ request: consuming HTTPClientRequest, deadline: Instant?, completion: any HTTPClientCompletion, token: UInt64,
        client: HTTPClient
    ) {
        self.request = request
        self.deadline = deadline
        self.completion = completion
        self.token = token
        self.client = client
    }

    /// Begins anew with another request. For who holds the only reference.
    func begin(
        _ request: consuming HTTPClientRequest, deadline: Instant?, completion: any HTTPClientCompletion, token: UInt64,
        client: HTTPClient
    ) {
        self.request = request
        self.deadline = deadline
        self.completion = completion
        self.token = token
        self.client = client
        wasResent = false
    }

    /// Whether the completion has not been called.
    package var isPending: Bool { completion != nil }

    /// Takes the request back: it ends as `cancelled` at the end of the turn, unless it has ended. A connection that it was on is closed.
    package func cancel() {
        guard isPending else { return }
        client?.cancel(self)
    }

    /// Tells the end; a second one is not told.
    func complete(_ result: HTTPClientResult) {
        guard let completion else { return }
        self.completion = nil
        client = nil
        connection = nil
        completion.completed(result, token: token)
    }
}
