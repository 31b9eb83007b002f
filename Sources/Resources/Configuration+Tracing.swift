internal import Bytes

extension Configuration {
    /// `spec.tracing`.
    package struct Tracing: Sendable, Equatable {
        package struct Header: Sendable, Equatable {
            package var name: String
            /// Often a token: never print it.
            package var value: String

            package init(name: String, value: String) {
                self.name = name
                self.value = value
            }
        }

        /// The collector that spans are sent to; an empty address is none.
        package struct OTel: Sendable, Equatable {
            /// `http` or `grpc`.
            package var transport = ""
            package var endpointAddress = ""
            package var isSecure = true
            package var headers: [Header] = []
            package var timeout = Duration.seconds(10)

            package init() {}
        }

        /// As written; empty where it is not given.
        package var samplingRate = ""
        package var printsToStdout = false
        /// Empty where there is none.
        package var zipkinEndpointAddress = ""
        package var otel = OTel()

        package init() {}

        /// The ratio where none is given or it is no number.
        package static let defaultRatio = 1e-4

        /// The ratio of traces that are sampled, from 0 to 1.
        package var samplingRatio: Double {
            guard let ratio = Double(SpaceTrimming.trimmed(samplingRate)), ratio.isFinite else {
                return Self.defaultRatio
            }
            return min(1, max(0, ratio))
        }

        package var hasExporter: Bool {
            printsToStdout || !zipkinEndpointAddress.isEmpty || !otel.endpointAddress.isEmpty
        }
    }
}

extension Configuration.Tracing {
    /// Takes the collector from `OTEL_EXPORTER_OTLP_…`, only where the configuration names none (spec 4.1).
    ///
    /// - Returns: what is wrong with these variables.
    mutating func fill(from environment: [String: String]) -> [Finding] {
        guard otel.endpointAddress.isEmpty else { return [] }
        func variable(_ name: String) -> String {
            let own = environment["OTEL_EXPORTER_OTLP_TRACES_" + name] ?? ""
            return own.isEmpty ? environment["OTEL_EXPORTER_OTLP_" + name] ?? "" : own
        }
        var findings: [Finding] = []
        var endpoint = variable("ENDPOINT")[...]
        for scheme in ["http://", "https://"] where endpoint.hasPrefix(scheme) {
            endpoint = endpoint.dropFirst(scheme.count)
        }
        if !endpoint.isEmpty {
            otel.endpointAddress = String(endpoint)
            otel.transport = variable("PROTOCOL").hasPrefix("http") ? "http" : "grpc"
            if samplingRate.isEmpty { samplingRate = "1" }
            if environment["OTEL_EXPORTER_OTLP_INSECURE"] == "true" { otel.isSecure = false }
        }
        let headers = variable("HEADERS")
        if !headers.isEmpty {
            if let parsed = Self.headers(headers) {
                otel.headers += parsed
            } else {
                findings.append(
                    Finding(.fatal, "OTEL_EXPORTER_OTLP_HEADERS has an item without '='; write name=value,name=value"))
            }
        }
        let timeout = variable("TIMEOUT")
        if let milliseconds = Int32(timeout) {
            if milliseconds > 0 { otel.timeout = .milliseconds(Int(milliseconds)) }
        } else if !timeout.isEmpty {
            let text = "OTEL_EXPORTER_OTLP_TIMEOUT: \"\(timeout)\" is no whole number of milliseconds"
            findings.append(Finding(.fatal, text))
        }
        return findings
    }

    /// The headers of `name=value,name=value`, values decoded; `nil` where an item has no sign, no name or a bad escape.
    static func headers(_ text: String) -> [Header]? {
        var headers: [Header] = []
        for item in text.split(separator: ",") {
            guard let sign = item.firstIndex(of: "=") else { return nil }
            let name = SpaceTrimming.trimmed(String(item[..<sign]))
            // A plus stands for itself here, unlike in a query.
            let raw = item[item.index(after: sign)...].utf8.flatMap { $0 == 0x2B ? [0x25, 0x32, 0x42] : [$0] }
            guard !name.isEmpty, let value = URLText.queryUnescapedText(raw.rawSpan) else { return nil }
            headers.append(Header(name: name, value: SpaceTrimming.trimmed(value)))
        }
        return headers
    }
}
