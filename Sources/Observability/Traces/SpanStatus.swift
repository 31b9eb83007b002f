internal import HTTP

/// What a span says about how it ended, in daprd's words.
enum SpanStatus {
    /// Nil below 400; zero stands for no answer.
    static func failure(_ status: Int) -> String? {
        if status == 0 { return "no answer" }
        guard status >= 400 else { return nil }
        let reason = "\(HTTPStatusLine.reason(status))"
        // What a status line says of a status without a name; Go says it so.
        return "Code(\(status)): \(reason == "Status" ? "Unknown" : reason)"
    }
}
