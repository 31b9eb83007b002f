internal import Bytes
internal import YAML

/// Reads the files given with `--config` (spec 4.1): each is merged over the result of those before it, field by field, lists whole.
package struct ConfigurationLoader {
    private var configuration = Configuration()
    private var metricsOverride = Configuration.Metrics()
    private var findings: [Finding] = []
    private let environment: [String: String]
    private var file = ""

    private init(environment: [String: String]) { self.environment = environment }

    /// Reads the files in order. It blocks while it reads. With a finding of severity `fatal` the process cannot start.
    package static func load(
        files: [String], environment: [String: String]
    ) -> (configuration: Configuration, findings: [Finding]) {
        var loader = ConfigurationLoader(environment: environment)
        for file in files { loader.readFile(file) }
        return loader.finish()
    }

    /// Reads one text as if it were a file given with `--config`.
    package static func read(
        _ bytes: [UInt8], file: String, environment: [String: String]
    ) -> (configuration: Configuration, findings: [Finding]) {
        var loader = ConfigurationLoader(environment: environment)
        loader.file = file
        loader.read(bytes)
        return loader.finish()
    }

    private mutating func finish() -> (Configuration, [Finding]) {
        configuration.metrics.override(with: metricsOverride)
        findings += configuration.tracing.fill(from: environment)
        validate()
        return (configuration, findings)
    }

    private mutating func readFile(_ path: String) {
        file = path
        do throws(FileError) {
            read(try FileSystem.readFile(path, limit: YAMLLimits.maximumBytes))
        } catch {
            let call = error.isMissing ? "stat" : "open"
            note(.fatal, "", 0, "error loading configuration: \(call) \(path): \(error.reason)")
        }
    }

    private mutating func read(_ bytes: [UInt8]) {
        guard let text = EnvironmentExpansion.expand(bytes, environment, limit: YAMLLimits.maximumBytes) else {
            let limit = YAMLLimits.maximumBytes
            note(.fatal, "", 0, "error loading configuration: longer than \(limit) bytes once variables are replaced")
            return
        }
        do throws(YAMLError) {
            guard let node = try YAMLReader.firstDocument(in: text) else { return }
            read(node)
        } catch {
            note(.fatal, "", error.mark.line, "error loading configuration: \(error.goText)")
        }
    }

    private mutating func read(_ node: YAMLNode) {
        var reader = ConfigurationReader()
        if let root = reader.root(node) {
            reader.noteUnknown(root, known: ["apiVersion", "kind", "metadata", "spec"])
            if let spec = reader.section(root, "spec", type: "config.ConfigurationSpec", known: Self.specFields) {
                readSpec(spec, &reader)
            }
        }
        for fault in reader.faults {
            note(.fatal, fault.field, fault.line, "error loading configuration: yaml: unmarshal errors: \(fault.text)")
        }
        for unknown in reader.unknown {
            note(.warning, unknown.field, unknown.line, "unknown field, it has no effect" + unknown.hint)
        }
    }

    private static let specFields = [
        "tracing", "metric", "metrics", "api", "secrets", "components", "features", "logging", "httpPipeline",
        "appHttpPipeline", "accessControl", "nameResolution", "mtls", "wasm", "workflow", "martlet",
    ]

    /// Sections that are accepted and do nothing here, and what that means.
    private static let unsupported = [
        ("httpPipeline", "middleware is not supported: the handlers do not run"),
        ("appHttpPipeline", "middleware is not supported: the handlers do not run"),
        ("accessControl", "service invocation is not supported: the access policies have nothing to act on"),
        ("nameResolution", "service invocation is not supported: the setting has no effect"),
        ("mtls", "there is no control plane to get certificates from: the setting has no effect"),
        ("wasm", "middleware is not supported: the setting has no effect"),
        ("workflow", "workflows are not supported: the setting has no effect"),
    ]

    private mutating func readSpec(_ spec: ConfigurationReader.Section, _ reader: inout ConfigurationReader) {
        readTracing(spec, &reader)
        configuration.metrics = Self.metrics(spec, "metric", over: configuration.metrics, &reader)
        metricsOverride = Self.metrics(spec, "metrics", over: metricsOverride, &reader)
        readAccess(spec, &reader)
        readSecrets(spec, &reader)
        if let components = reader.section(spec, "components", type: "config.ComponentsSpec", known: ["deny"]) {
            if let deny = reader.texts(components, "deny") { configuration.deniedComponents = deny }
        }
        let features = reader.sections(spec, "features", type: "config.FeatureSpec", known: ["name", "enabled"])
        if let features {
            configuration.features = features.map { feature in
                Configuration.Feature(
                    name: reader.text(feature, "name"), isEnabled: reader.bool(feature, "enabled") ?? false)
            }
        }
        readLogging(spec, &reader)
        reader.readMartlet(spec, into: &configuration.martlet)
        for (key, meaning) in Self.unsupported {
            guard let node = spec.value(key), node.entries?.isEmpty == false else { continue }
            note(.warning, spec.path(of: key), node.mark.line, meaning)
        }
    }

    private mutating func readTracing(_ spec: ConfigurationReader.Section, _ reader: inout ConfigurationReader) {
        let known = ["samplingRate", "stdout", "zipkin", "otel"]
        guard let tracing = reader.section(spec, "tracing", type: "config.TracingSpec", known: known) else { return }
        reader.text(tracing, "samplingRate", into: &configuration.tracing.samplingRate)
        reader.bool(tracing, "stdout", into: &configuration.tracing.printsToStdout)
        if let zipkin = reader.section(tracing, "zipkin", type: "config.ZipkinSpec", known: ["endpointAddress"]) {
            reader.text(zipkin, "endpointAddress", into: &configuration.tracing.zipkinEndpointAddress)
        }
        let otelFields = ["protocol", "endpointAddress", "isSecure", "headers", "timeout"]
        guard let otel = reader.section(tracing, "otel", type: "config.OtelSpec", known: otelFields) else { return }
        reader.text(otel, "protocol", into: &configuration.tracing.otel.transport)
        reader.text(otel, "endpointAddress", into: &configuration.tracing.otel.endpointAddress)
        reader.bool(otel, "isSecure", into: &configuration.tracing.otel.isSecure)
        readTimeout(otel, &reader)
        readHeaders(otel, &reader)
    }

    /// A Go duration, or bare milliseconds.
    private mutating func readTimeout(_ otel: ConfigurationReader.Section, _ reader: inout ConfigurationReader) {
        let text = reader.text(otel, "timeout")
        guard !text.isEmpty, let node = otel.value("timeout") else { return }
        if let milliseconds = Int32(text) {
            if milliseconds > 0 { configuration.tracing.otel.timeout = .milliseconds(Int(milliseconds)) }
        } else if let duration = GoDuration.parse(text) {
            if duration > .zero { configuration.tracing.otel.timeout = duration }
        } else {
            reader.fault(node, otel.path(of: "timeout"), "time.Duration")
        }
    }

    /// `name=value` items as a list or separated by commas, or a list of `{name, value}`.
    private mutating func readHeaders(_ otel: ConfigurationReader.Section, _ reader: inout ConfigurationReader) {
        guard let node = otel.value("headers") else { return }
        let field = otel.path(of: "headers")
        var headers: [Configuration.Tracing.Header] = []
        for element in node.elements ?? [node] {
            if let text = element.scalar?.text, let parsed = Configuration.Tracing.headers(text) {
                headers += parsed
            } else if let name = element["name"]?.scalar?.text, let value = element["value"]?.scalar?.text {
                headers.append(Configuration.Tracing.Header(name: name, value: value))
            } else {
                note(.fatal, field, element.mark.line, "error loading configuration: a header is no name=value")
            }
        }
        configuration.tracing.otel.headers = headers
    }

    private static func metrics(
        _ spec: ConfigurationReader.Section, _ key: String, over former: Configuration.Metrics,
        _ reader: inout ConfigurationReader
    ) -> Configuration.Metrics {
        var metrics = former
        let known = ["enabled", "recordErrorCodes", "http", "latencyDistributionBuckets", "rules", "workflow"]
        guard let section = reader.section(spec, key, type: "config.MetricSpec", known: known) else { return former }
        if let enabled = reader.bool(section, "enabled") { metrics.isEnabled = enabled }
        if let record = reader.bool(section, "recordErrorCodes") { metrics.recordErrorCodes = record }
        if let buckets = reader.integers(section, "latencyDistributionBuckets") { metrics.latencyBuckets = buckets }
        let httpFields = ["increasedCardinality", "pathMatching", "excludeVerbs"]
        if let section = reader.section(section, "http", type: "config.MetricHTTP", known: httpFields) {
            var http = metrics.http ?? Configuration.Metrics.HTTP()
            if let increased = reader.bool(section, "increasedCardinality") { http.increasedCardinality = increased }
            if let patterns = reader.texts(section, "pathMatching") { http.pathMatching = patterns }
            if let exclude = reader.bool(section, "excludeVerbs") { http.excludeVerbs = exclude }
            metrics.http = http
        }
        if let rules = reader.sections(section, "rules", type: "config.MetricsRule", known: ["name", "labels"]) {
            metrics.rules = rules.map { Self.rule($0, &reader) }
        }
        return metrics
    }

    private static func rule(
        _ section: ConfigurationReader.Section, _ reader: inout ConfigurationReader
    ) -> Configuration.Metrics.Rule {
        let labels = reader.sections(section, "labels", type: "config.MetricLabel", known: ["name", "regex"]) ?? []
        return Configuration.Metrics.Rule(
            name: reader.text(section, "name"),
            labels: labels.map { label in
                let replacements = reader.pairs(label, "regex").map { (value: $0.key, pattern: $0.value) }
                return Configuration.Metrics.Rule.Label(name: reader.text(label, "name"), replacements: replacements)
            })
    }

    private mutating func readAccess(_ spec: ConfigurationReader.Section, _ reader: inout ConfigurationReader) {
        guard let api = reader.section(spec, "api", type: "config.APISpec", known: ["allowed", "denied"]) else {
            return
        }
        if let allowed = rules(api, "allowed", &reader) { configuration.apiAccess.allowed = allowed }
        if let denied = rules(api, "denied", &reader) { configuration.apiAccess.denied = denied }
    }

    private mutating func rules(
        _ api: ConfigurationReader.Section, _ key: String, _ reader: inout ConfigurationReader
    ) -> [Configuration.APIAccess.Rule]? {
        let known = ["name", "version", "protocol"]
        return reader.sections(api, key, type: "config.APIAccessRule", known: known)?.map { rule in
            Configuration.APIAccess.Rule(
                name: reader.text(rule, "name"), version: reader.text(rule, "version"),
                transport: reader.text(rule, "protocol").lowercased())
        }
    }

    private mutating func readSecrets(_ spec: ConfigurationReader.Section, _ reader: inout ConfigurationReader) {
        guard let secrets = reader.section(spec, "secrets", type: "config.SecretsSpec", known: ["scopes"]) else {
            return
        }
        let known = ["storeName", "defaultAccess", "allowedSecrets", "deniedSecrets"]
        guard let scopes = reader.sections(secrets, "scopes", type: "config.SecretsScope", known: known) else { return }
        configuration.secretScopes = scopes.map { scope in
            SecretScope(
                storeName: reader.text(scope, "storeName"), defaultAccess: reader.text(scope, "defaultAccess"),
                allowedSecrets: reader.texts(scope, "allowedSecrets") ?? [],
                deniedSecrets: reader.texts(scope, "deniedSecrets") ?? [])
        }
    }

    private mutating func readLogging(_ spec: ConfigurationReader.Section, _ reader: inout ConfigurationReader) {
        let fields = ["enabled", "obfuscateURLs", "omitHealthChecks"]
        guard let logging = reader.section(spec, "logging", type: "config.LoggingSpec", known: ["apiLogging"]),
            let api = reader.section(logging, "apiLogging", type: "config.APILoggingSpec", known: fields)
        else { return }
        reader.bool(api, "enabled", into: &configuration.apiLogging.isEnabled)
        reader.bool(api, "obfuscateURLs", into: &configuration.apiLogging.obfuscatesURLs)
        reader.bool(api, "omitHealthChecks", into: &configuration.apiLogging.omitsHealthChecks)
    }

    private mutating func note(_ severity: Finding.Severity, _ field: String, _ line: Int, _ message: String) {
        findings.append(Finding(severity, file: file, line: line, field: field, message))
    }
}

extension ConfigurationLoader {
    /// What is wrong with the merged whole.
    private mutating func validate() {
        var stores: Set<String> = []
        for scope in configuration.secretScopes {
            if !stores.insert(scope.storeName).inserted {
                let text =
                    "error loading configuration: \(scope.storeName) storeName is repeated in secrets configuration"
                note(.fatal, "spec.secrets.scopes", 0, text)
            }
            if !["", "allow", "deny"].contains(scope.defaultAccess.lowercased()) {
                let text =
                    "error loading configuration: defaultAccess \(scope.defaultAccess) can be either allow or deny"
                note(.fatal, "spec.secrets.scopes", 0, text)
            }
        }
        let otel = configuration.tracing.otel
        if !otel.endpointAddress.isEmpty, !["http", "grpc"].contains(otel.transport) {
            note(
                .fatal, "spec.tracing.otel.protocol", 0, "invalid protocol \(otel.transport) provided for Otel endpoint"
            )
        }
        let rate = SpaceTrimming.trimmed(configuration.tracing.samplingRate)
        if !rate.isEmpty, Double(rate).map({ (0...1).contains($0) }) != true {
            let text =
                "samplingRate \"\(rate)\" is no number from 0 to 1; \(configuration.tracing.samplingRatio) is used"
            note(.warning, "spec.tracing.samplingRate", 0, text)
        }
        for rule in configuration.apiAccess.allowed + configuration.apiAccess.denied {
            if let text = rule.complaint { note(.warning, "spec.api", 0, text) }
        }
    }
}
