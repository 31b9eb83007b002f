internal import Bytes
internal import HTTP

/// A path of a building block that Martlet does not have. It is answered as daprd answers where no such component is configured (spec 5.1-5.6).
package enum APIBlock: Equatable {
    case state(store: String)
    case secrets(store: String)
    case configuration
    case lock(store: String)
    case unlock(store: String)
    case bindings(name: String)
    /// Another app, by the path.
    case invoke(appID: String)

    /// Reads a cleaned path below a version; nil for one that belongs to no block.
    static func of(method: HTTPMethod, path: [UInt8], _ segments: [Range<Int>]) -> APIBlock? {
        guard segments.count >= 3 else { return nil }
        let isStable = APIRoute.name(path, segments, 0, "v1.0")
        let isAlpha = APIRoute.name(path, segments, 0, "v1.0-alpha1")
        guard isStable || isAlpha else { return nil }
        let name = APIRoute.text(path, segments[2])
        if isStable {
            if APIRoute.name(path, segments, 1, "invoke"), segments.count >= 5,
                APIRoute.name(path, segments, 3, "method")
            {
                return .invoke(appID: name)
            }
            if APIRoute.name(path, segments, 1, "bindings"), APIRoute.isWrite(method), segments.count == 3 {
                return .bindings(name: name)
            }
            if APIRoute.name(path, segments, 1, "secrets"), method == .get, segments.count == 4 {
                return .secrets(store: name)
            }
        }
        if APIRoute.name(path, segments, 1, "state"), isState(method, path, segments, isStable: isStable) {
            return .state(store: name)
        }
        if APIRoute.name(path, segments, 1, "configuration"), method == .get, segments.count <= 5 {
            return .configuration
        }
        guard isAlpha, method == .post, segments.count == 3 else { return nil }
        if APIRoute.name(path, segments, 1, "lock") { return .lock(store: name) }
        return APIRoute.name(path, segments, 1, "unlock") ? .unlock(store: name) : nil
    }

    private static func isState(
        _ method: HTTPMethod, _ path: [UInt8], _ segments: [Range<Int>], isStable: Bool
    ) -> Bool {
        guard APIRoute.isWrite(method) else {
            return isStable && (method == .get || method == .delete) && segments.count == 4
        }
        if segments.count == 3 { return isStable }
        guard segments.count == 4 else { return false }
        if !isStable { return APIRoute.name(path, segments, 3, "query") }
        return APIRoute.name(path, segments, 3, "bulk") || APIRoute.name(path, segments, 3, "transaction")
    }

    /// The name that the lists of allowed and denied APIs know it by.
    var group: String {
        switch self {
        case .state: "state"
        case .secrets: "secrets"
        case .configuration: "configuration"
        case .lock: "lock"
        case .unlock: "unlock"
        case .bindings: "bindings"
        case .invoke: "invoke"
        }
    }
}
