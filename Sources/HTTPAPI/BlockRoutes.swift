internal import Bytes
internal import Events
internal import HTTP

/// Building blocks that there is none of, and the fallback that every unknown path ends in.
extension APIServer {
    func block(_ exchange: HTTPExchange, _ block: APIBlock, _ trace: RequestTrace) {
        if exchange.isBodyTooLarge { return answer(exchange, .unreadableBody, trace) }
        switch block {
        case .state(let store): answer(exchange, .noStateStore(store, appID: appID), trace)
        case .secrets(let store): answer(exchange, secretsError(store), trace)
        case .configuration: answer(exchange, .noConfigurationStore, trace)
        case .lock(let store): answer(exchange, APIServer.lockError(exchange.body, store, needsExpiry: true), trace)
        case .unlock(let store): answer(exchange, APIServer.lockError(exchange.body, store, needsExpiry: false), trace)
        case .bindings(let name): answer(exchange, APIServer.bindingError(exchange.body, name), trace)
        case .invoke(let appID): answer(exchange, invocationError(appID), trace)
        }
    }

    /// What is no path of ours is a call of another app where a header names one (spec 5.1).
    func fallback(_ exchange: HTTPExchange, _ trace: RequestTrace) {
        guard let appID = APIServer.calledApp(exchange.fields) else { return answer(exchange, .unknownPath, trace) }
        answer(exchange, invocationError(appID), trace)
    }

    /// `dapr-app-id: APP`, or the user `dapr-app-id` with the app as password.
    private static func calledApp(_ fields: HTTPFields) -> String? {
        if let named = fields.text("dapr-app-id"), !named.isEmpty { return named }
        guard let given = fields.text("authorization"), ASCII.equalIgnoringCase(String(given.prefix(6)), "Basic ")
        else {
            return nil
        }
        let credentials = Array(given.utf8.dropFirst(6))
        guard let decoded = Base64.decode(credentials.rawSpan) else { return nil }
        let text = String(utf8Repaired: decoded.rawSpan)
        let prefix = "dapr-app-id:"
        guard text.hasPrefix(prefix), text.count > prefix.count else { return nil }
        return String(text.dropFirst(prefix.count))
    }

    /// There is no other app: this sidecar resolves no names. Those that it could know are refused in our own words.
    private func invocationError(_ called: String) -> APIError {
        let isKnown =
            called == appID || called.contains(text: "://")
            || backend?.metadata.httpEndpoints.contains(called) == true
        let reason =
            isKnown ? "service invocation is not available in this version" : "couldn't find service: \(called)"
        return APIError(
            status: isKnown ? 501 : 500, code: "ERR_DIRECT_INVOKE",
            message: "failed to invoke, id: \(called), err: \(reason)")
    }

    private func secretsError(_ store: String) -> APIError {
        let stores = backend?.metadata.components.filter { $0.type.hasPrefix("secretstores.") } ?? []
        if stores.isEmpty {
            return APIError(
                status: 500, code: "ERR_SECRET_STORES_NOT_CONFIGURED", message: "secret store is not configured")
        }
        if stores.contains(where: { $0.name == store }) {
            return APIError(
                status: 501, code: "ERR_SECRET_GET", message: "the secrets API is not available in this version")
        }
        return APIError(
            status: 401, code: "ERR_SECRET_STORE_NOT_FOUND",
            message: "failed finding secret store with key \(store)")
    }

    /// daprd looks at the request before it looks for the store.
    private static func lockError(_ body: [UInt8], _ store: String, needsExpiry: Bool) -> APIError {
        let value: JSONValue?
        do {
            value = body.isEmpty ? nil : try JSONValue.parse(body)
        } catch {
            return malformed("failed deserializing HTTP body: \(error)")
        }
        if needsExpiry {
            var seconds = 0
            if case .number(let literal)? = value?["expiryInSeconds"] { seconds = Int(literal) ?? 0 }
            guard seconds > 0 else { return malformed("ExpiryInSeconds is not positive in lock store \(store)") }
        }
        guard value?["resourceId"]?.text?.isEmpty == false else {
            return malformed("ResourceId is empty in lock store \(store)")
        }
        guard value?["lockOwner"]?.text?.isEmpty == false else {
            return malformed("LockOwner is empty in lock store \(store)")
        }
        return APIError(status: 500, code: "ERR_LOCK_STORE_NOT_CONFIGURED", message: "lock store is not configured")
    }

    private static func bindingError(_ body: [UInt8], _ name: String) -> APIError {
        let operation = (try? JSONValue.parse(body))?[ignoringCase: "operation"]?.text ?? ""
        let reason =
            operation.isEmpty ? "operation field is missing from request" : "couldn't find output binding \(name)"
        return APIError(
            status: 500, code: "ERR_INVOKE_OUTPUT_BINDING", message: "error invoking output binding \(name): \(reason)")
    }

    private static func malformed(_ message: String) -> APIError {
        APIError(status: 400, code: "ERR_MALFORMED_REQUEST", message: message)
    }
}

extension APIError {
    /// A body that is not there to be read: beyond its bound.
    static let unreadableBody = APIError(
        status: 400, code: "ERR_BODY_READ", message: "failed to read the request body: stream too large")

    static func noStateStore(_ store: String, appID: String) -> APIError {
        APIError(
            status: 500, code: "ERR_STATE_STORE_NOT_CONFIGURED", message: "state store \(store) is not configured",
            details: Details(resource: nil, reason: "DAPR_STATE_NOT_CONFIGURED", metadata: [("appID", appID)]))
    }

    static let noConfigurationStore = APIError(
        status: 500, code: "ERR_CONFIGURATION_STORE_NOT_CONFIGURED", message: "configuration stores not configured")
}
