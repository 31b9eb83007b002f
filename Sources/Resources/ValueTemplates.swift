internal import Bytes

/// Fills in what may stand in braces in a metadata value (spec 3.2).
struct ValueTemplates {
    /// A value asks for the name of the pod, and there is none.
    struct MissingPodName: Error {}

    let context: ResourceContext
    private let random = RandomPool()

    init(context: ResourceContext) { self.context = context }

    static func mentionsNamespace(_ value: String) -> Bool { contains(value, "{namespace}") }

    static func mentionsRandom(_ value: String) -> Bool { contains(value, "{uuid}") }

    /// The value with `{uuid}` (a new one for each), `{podName}`, `{namespace}` (namespace, dot, app id) and `{appID}` filled in.
    func fill(_ value: String) throws(MissingPodName) -> String {
        guard value.utf8.contains(0x7B) else { return value }
        var filled = Self.replace(value, "{uuid}") { random.uuid().text }
        if Self.contains(filled, "{podName}") {
            let podName = context.environment["POD_NAME"] ?? ""
            guard !podName.isEmpty else { throw MissingPodName() }
            filled = Self.replace(filled, "{podName}") { podName }
        }
        filled = Self.replace(filled, "{namespace}") { "\(context.namespace).\(context.appID)" }
        return Self.replace(filled, "{appID}") { context.appID }
    }

    private static func contains(_ text: String, _ part: String) -> Bool { range(of: part, in: text[...]) != nil }

    private static func replace(_ text: String, _ part: String, with replacement: () -> String) -> String {
        var result = ""
        var rest = text[...]
        while let range = range(of: part, in: rest) {
            result += rest[..<range.lowerBound] + replacement()
            rest = rest[range.upperBound...]
        }
        return result + rest
    }

    private static func range(of part: String, in text: Substring) -> Range<String.Index>? {
        let wanted = Array(part.utf8)
        var start = text.startIndex
        while let brace = text.utf8[start...].firstIndex(of: 0x7B) {
            if text.utf8[brace...].starts(with: wanted) {
                return brace..<text.utf8.index(brace, offsetBy: wanted.count)
            }
            start = text.utf8.index(after: brace)
        }
        return nil
    }
}
