internal import Bytes
internal import Events

/// What an answer of the app means for the event (spec 1.6, "Interpreting the HTTP answer").
package enum AppVerdict: Sendable, Equatable {
    /// Done.
    case success
    /// To be tried again, with the reason for the log and the HTTP status where there was one.
    case retry(reason: String, status: Int?)
    /// Not to be tried again: the app said DROP.
    case drop
    /// Not to be tried again: the app has no such path (404). Kept apart from `drop`, because it often means a mistake; it is counted apart.
    case notFound

    /// Reads an HTTP answer.
    package static func of(status: Int, body: [UInt8]) -> AppVerdict {
        guard (200..<300).contains(status) else {
            return status == 404 ? .notFound : .retry(reason: "the app answered \(status)", status: status)
        }
        // The two answers that nearly every app gives, without looking into them.
        if body.isEmpty || body == successBody { return .success }
        guard let answer = try? JSONValue.parseFirst(body.rawSpan), case .object = answer,
            case .string(let word)? = answer[ignoringCase: "status"]
        else { return .success }
        switch word {
        case "", "SUCCESS": return .success
        case "RETRY": return .retry(reason: "the app asked for another attempt (RETRY)", status: nil)
        case "DROP": return .drop
        default: return .retry(reason: "the app answered an unknown status", status: nil)
        }
    }

    private static let successBody = Array(#"{"status":"SUCCESS"}"#.utf8)
}
