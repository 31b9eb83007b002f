internal import Delivery
internal import HTTP
internal import Loop
internal import Observability
internal import Resources

/// Where spans go: the log, Zipkin, an OpenTelemetry collector, as `spec.tracing` says (spec 4.1).
extension Sidecar {
    /// For one request to Zipkin; OTLP has a setting.
    private static let zipkinTimeout: Duration = .seconds(10)
    /// What a collector may answer: nothing of it is used.
    private static let answerLimit = 64 << 10

    func startExporting() {
        let tracing = configuration.exporters
        log.info("Dapr trace sampler initialized: \(Sidecar.sampler(tracing))")
        guard case .generate = tracer.mode, tracing.hasExporter else { return }
        var collectors: [SpanCollector] = []
        if !tracing.zipkinEndpointAddress.isEmpty, let zipkin = zipkin(tracing) { collectors.append(zipkin) }
        if !tracing.otel.endpointAddress.isEmpty, let collector = otlp(tracing.otel) { collectors.append(collector) }
        guard tracing.printsToStdout || !collectors.isEmpty else { return }
        let exporter = SpanExporter(collectors, log: tracing.printsToStdout ? log : nil)
        observation.exporter = exporter
        tracer.recorder = exporter
        tracer.showsMessagingKinds = configuration.showsMessagingKinds
    }

    /// Every collector gets its last batches, side by side.
    func stopExporting(within limit: Duration) async {
        let tasks = (observation.exporter?.collectors ?? []).map { collector in
            loop.launch { await collector.flush(within: limit) }
        }
        for task in tasks { await task.value }
        tracer.recorder = nil
    }

    private func zipkin(_ tracing: Configuration.Tracing) -> SpanCollector? {
        collector(
            .zipkin, tracing.zipkinEndpointAddress, isSecure: nil, path: "/api/v2/spans", fields: [],
            timeout: Sidecar.zipkinTimeout, field: "spec.tracing.zipkin.endpointAddress")
    }

    private func otlp(_ otel: Configuration.Tracing.OTel) -> SpanCollector? {
        guard otel.transport == "http" else {
            log.warning(
                "spec.tracing.otel.protocol \(otel.transport): spans are not sent over gRPC; write protocol: http, and the collector's port for it, usually 4318"
            )
            return nil
        }
        return collector(
            .otlp, otel.endpointAddress, isSecure: otel.isSecure, path: "/v1/traces",
            fields: otel.headers.map { ($0.name, $0.value) }, timeout: otel.timeout,
            field: "spec.tracing.otel.endpointAddress")
    }

    private func collector(
        _ format: SpanCollector.Format, _ text: String, isSecure: Bool?, path: String,
        fields: [(name: String, value: String)], timeout: Duration, field: String
    ) -> SpanCollector? {
        do throws(CollectorAddress.Problem) {
            let address = try CollectorAddress(text, isSecure: isSecure, path: path)
            log.info("exporting spans to \(address)")
            var settings = HTTPClientSettings()
            settings.connections = 1
            settings.waiting = 1
            settings.message.bodyBytes = Sidecar.answerLimit
            return SpanCollector(
                format: format, address: address,
                fields: [("User-Agent", "martlet/\(Version.current)")] + fields, timeout: timeout,
                resource: SpanResource(appID: options.appID, environment: options.environment),
                client: CollectorClient.make(address, settings: settings, on: loop), scheduler: loop,
                log: log.scoped("dapr.runtime.trace"))
        } catch {
            log.error("\(field): \(error); no spans are sent there")
            return nil
        }
    }

    /// In the words of OpenTelemetry for Go, which daprd logs.
    static func sampler(_ tracing: Configuration.Tracing) -> String {
        let ratio = tracing.samplingRatio
        let root = ratio >= 1 ? "AlwaysOnSampler" : "TraceIDRatioBased{\(MetricNumber.text(ratio))}"
        return "ParentBased{root:\(root),remoteParentSampled:AlwaysOnSampler,"
            + "remoteParentNotSampled:AlwaysOffSampler,localParentSampled:AlwaysOnSampler,"
            + "localParentNotSampled:AlwaysOffSampler}"
    }
}
