internal import Bytes
package import Delivery
internal import Events
package import HTTP
package import Loop
package import Messaging

/// The app over HTTP/1.1: deliveries as `POST`, questions as `GET`, over kept connections.
///
/// Confined to a shard. A delivery costs one field block and one request; the answer's body is bounded by the client.
package final class HTTPAppChannel {
    /// Connections where the user sets no bound on concurrency.
    private static let defaultConnections = 128
    /// Deliveries that wait for a connection: subscriptions bound what they have at the app, so this is only the last line.
    private static let waitingLimit = 65_536
    /// For an answer of the control plane.
    private static let questionLimit: Duration = .seconds(10)
    /// daprd's built-in retries at start: 0.5 s, ×1.5, at most 1 s apart, 3 times (spec 4.3).
    private static let questionWaits: [Duration] = [.milliseconds(500), .milliseconds(750), .seconds(1)]

    private let client: HTTPClient
    private let prober: HTTPClient
    private let endpoint: Endpoint
    private let appID: String
    private let token: String?
    private let userAgent: String
    private let loop: EventLoop
    /// What every delivery begins with, with the name of the component that was delivered for last: nearly always the same one.
    private var lastFields: (pubsub: String, isBulk: Bool, fields: HTTPFieldBlock) = ("", false, .none)
    private var pending = PendingCalls()

    /// - Parameters:
    ///   - token: sent with every call as `dapr-api-token`, where there is one.
    ///   - maxConcurrency: connections at once; zero and less leave it to the default.
    ///   - security: how the app is called over TLS; nil calls it without.
    package init(
        endpoint: Endpoint, appID: String, token: String?, userAgent: String, maxConcurrency: Int,
        security: HTTPClientSecurity? = nil, loop: EventLoop
    ) {
        self.endpoint = endpoint
        self.appID = appID
        self.token = token
        self.userAgent = userAgent
        self.loop = loop
        var settings = HTTPClientSettings()
        settings.connections = maxConcurrency > 0 ? maxConcurrency : HTTPAppChannel.defaultConnections
        settings.waiting = HTTPAppChannel.waitingLimit
        client = HTTPAppChannel.client(of: endpoint, security, settings, loop)
        // Of its own, so that a probe does not wait behind deliveries for a connection.
        settings.connections = 1
        prober = HTTPAppChannel.client(of: endpoint, security, settings, loop)
    }

    /// The field of an event that is in no trace: always the same, so it is made once.
    private static let noTrace: HTTPFieldBlock = {
        var fields = HTTPFieldBlock()
        fields.add("Traceparent", TraceContext.zero.bytes)
        return fields
    }()

    /// The delivery's own span goes before what travels in the pairs; a `tracestate` goes only with a valid `traceparent` among those.
    private static func traceFields(_ call: AppCall) -> HTTPFieldBlock {
        let carried = call.metadata.isEmpty ? nil : DeliveryFields.trace(in: call.metadata)
        let own = call.trace.flatMap { $0.isValid ? $0 : nil }
        guard let trace = own ?? carried?.trace else { return call.trace == nil ? .none : noTrace }
        var fields = HTTPFieldBlock()
        fields.add("Traceparent", trace.bytes)
        if let state = carried?.state { fields.add("Tracestate", state) }
        return fields
    }

    private func fields(for call: AppCall) -> HTTPFieldBlock {
        // A publisher may say who the caller is, as with daprd.
        if !call.metadata.isEmpty, call.metadata.value(ignoringCase: "user-agent") != nil {
            return makeFields(call, userAgent: nil)
        }
        if lastFields.pubsub != call.pubsub || lastFields.isBulk != call.isBulk || lastFields.fields.isEmpty {
            lastFields = (call.pubsub, call.isBulk, makeFields(call, userAgent: userAgent))
        }
        return lastFields.fields
    }

    private func makeFields(_ call: AppCall, userAgent: String?) -> HTTPFieldBlock {
        var fields = HTTPFieldBlock()
        if let userAgent { fields.add("User-Agent", userAgent) }
        fields.add("Content-Type", call.isBulk ? "application/json" : "application/cloudevents+json" as StaticString)
        if let token { fields.add("dapr-api-token", token) }
        fields.add("pubsubname", call.pubsub)
        return fields
    }

    private static func client(
        of endpoint: Endpoint, _ security: HTTPClientSecurity?, _ settings: HTTPClientSettings, _ loop: EventLoop
    ) -> HTTPClient {
        let host = host(of: endpoint)
        guard let security else { return HTTPClient(origin: endpoint, host: host, on: loop, settings: settings) }
        return HTTPClient(origin: endpoint, host: host, security: security, on: loop, settings: settings)
    }

    private static func host(of endpoint: Endpoint) -> String {
        switch endpoint {
        case .tcp: endpoint.description
        case .unix: "localhost"
        }
    }

    /// Whether the app accepts connections now.
    package func isListening() async -> Bool { await ConnectionProbe.reaches(endpoint, on: loop) }

    /// Asks the app; a transport error is tried again as daprd does at start.
    package func get(_ path: String) async -> Result<AppResponse, AppFailure> {
        var fields = HTTPFieldBlock()
        fields.add("User-Agent", userAgent)
        fields.add("Content-Type", "application/json")
        fields.add("dapr-app-id", appID)
        if let token { fields.add("dapr-api-token", token) }
        let request = HTTPClientRequest(target: Array(path.utf8), fields: fields)
        var waits = HTTPAppChannel.questionWaits[...]
        while true {
            do {
                let response = try await client.response(to: request, deadline: loop.now + HTTPAppChannel.questionLimit)
                return .success(AppResponse(status: response.status, body: response.body))
            } catch {
                guard let wait = waits.popFirst() else {
                    return .failure(AppFailure(reason: "GET \(path): \(error.reason)"))
                }
                try? await loop.sleep(for: wait)
            }
        }
    }

    /// Asks the app once whether it is well: any 2xx says so. The request carries neither app id nor token (spec 1.6).
    /// - Returns: what it said, and the status, which is zero where no answer came.
    package func probe(_ path: String, timeout: Duration) async -> (outcome: AppHealth.Probe, status: Int) {
        var fields = HTTPFieldBlock()
        fields.add("User-Agent", userAgent)
        let request = HTTPClientRequest(target: Array(path.utf8), fields: fields)
        do {
            let status = try await prober.response(to: request, deadline: loop.now + timeout).status
            if (200..<300).contains(status) { return (.passed, status) }
            return (.failed(reason: "Health check failed with status code: \(status)"), status)
        } catch {
            return (.failed(reason: "GET \(path): \(error.reason)"), 0)
        }
    }

    /// Deliveries that wait for a connection, and their bound.
    package var waitingCalls: (count: Int, limit: Int) { (client.waitingRequests, HTTPAppChannel.waitingLimit) }

    /// Connections to the app, and their bound.
    package var connections: (count: Int, limit: Int) { (client.openConnectionCount, client.settings.connections) }

    /// Closes every connection; calls that have not ended fail.
    package func close() {
        client.close()
        prober.close()
    }
}

extension HTTPAppChannel: Destination {
    package func deliver(_ call: AppCall, deadline: Instant?, completion: any AppCallCompletion, token: UInt64) {
        var own = HTTPAppChannel.traceFields(call)
        if !call.metadata.isEmpty, let name = DeliveryFields.add(call.metadata, hasToken: self.token != nil, to: &own) {
            let reason = "the metadata pair \"\(name)\" cannot be a header field; publish without it"
            let later = LateAnswer(.failed(reason: reason), completion, token)
            return loop.atTurnEnd(later)
        }
        let request = HTTPClientRequest(
            method: "POST", target: call.target, fields: fields(for: call), ownFields: own, body: call.body)
        let ticket = pending.add(completion, token)
        client.send(request, deadline: deadline, completion: self, token: ticket)
    }
}

extension HTTPAppChannel: HTTPClientCompletion {
    /// When an app that took nothing wants to be called again.
    private func retryAfter(_ fields: HTTPFields) -> Duration? {
        guard let index = fields.index(of: "retry-after") else { return nil }
        return HTTPRetryAfter.wait(fields.value(at: index), wallClock: loop.wallClock)
    }

    package func completed(_ result: HTTPClientResult, token ticket: UInt64) {
        guard let (completion, token) = pending.take(ticket) else { return }
        switch result {
        case .response(let response):
            let answer = AppAnswer.answered(status: response.status, body: response.body)
            if response.status >= 300, let wait = retryAfter(response.fields) {
                return completion.answered(answer, retryAfter: wait, token: token)
            }
            completion.answered(answer, token: token)
        case .failure(let error):
            completion.answered(.failed(reason: "calling the app: \(error.reason)"), token: token)
        }
    }
}

/// Calls whose answer has not come, by ticket; no allocation once grown.
private struct PendingCalls {
    private var entries: [(completion: any AppCallCompletion, token: UInt64)?] = []
    private var free: [Int] = []

    mutating func add(_ completion: any AppCallCompletion, _ token: UInt64) -> UInt64 {
        if let index = free.popLast() {
            entries[index] = (completion, token)
            return UInt64(index)
        }
        entries.append((completion, token))
        return UInt64(entries.count - 1)
    }

    mutating func take(_ ticket: UInt64) -> (any AppCallCompletion, UInt64)? {
        let index = Int(ticket)
        guard index < entries.count, let entry = entries[index].take() else { return nil }
        free.append(index)
        return entry
    }
}

/// An answer that is known at once and told at the turn's end, as the seam promises.
private final class LateAnswer: TurnParticipant {
    private let answer: AppAnswer
    private let completion: any AppCallCompletion
    private let token: UInt64

    init(_ answer: AppAnswer, _ completion: any AppCallCompletion, _ token: UInt64) {
        self.answer = answer
        self.completion = completion
        self.token = token
    }

    func turnEnded() { completion.answered(answer, token: token) }
}
