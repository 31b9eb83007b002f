internal import Bytes

/// Who the spans are from: `service.name` and what the environment adds (spec 4.1).
package struct SpanResource: Sendable, Equatable {
    package var serviceName: String
    /// The other attributes, sorted by name.
    package var attributes: [(name: String, value: String)]

    /// The app id, unless `OTEL_SERVICE_NAME` or `service.name` in `OTEL_RESOURCE_ATTRIBUTES` says otherwise; the first of them wins.
    package init(appID: String, environment: [String: String]) {
        var pairs: [String: String] = [:]
        for item in (environment["OTEL_RESOURCE_ATTRIBUTES"] ?? "").split(separator: ",") {
            guard let equals = item.firstIndex(of: "=") else { continue }
            let name = SpanResource.trimmed(item[..<equals])
            // A plus stands for itself, unlike in a query.
            let raw = item[item.index(after: equals)...].utf8.flatMap { $0 == 0x2B ? [0x25, 0x32, 0x42] : [$0] }
            guard !name.isEmpty, let value = URLText.queryUnescapedText(raw.rawSpan) else { continue }
            pairs[name] = SpanResource.trimmed(value[...])
        }
        let named = environment["OTEL_SERVICE_NAME"] ?? ""
        serviceName = named.isEmpty ? pairs["service.name"] ?? appID : named
        pairs["service.name"] = nil
        attributes = pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    package static func == (left: SpanResource, right: SpanResource) -> Bool {
        left.serviceName == right.serviceName && left.attributes.elementsEqual(right.attributes, by: ==)
    }
}
