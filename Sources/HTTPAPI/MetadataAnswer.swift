internal import Bytes
internal import Events
package import Messaging

/// The answer of `GET /v1.0/metadata`: what this sidecar is and has. Members in daprd's order, left out where empty (spec 5.11).
package struct MetadataAnswer: Sendable {
    /// One loaded component.
    package struct Component: Sendable {
        package var name: String
        package var type: String
        package var version: String
        package var capabilities: [String]

        package init(name: String, type: String, version: String, capabilities: [String]) {
            self.name = name
            self.type = type
            self.version = version
            self.capabilities = capabilities
        }
    }

    /// One subscription, running or not.
    package struct Subscription: Sendable {
        package enum Source: String, Sendable {
            case declarative = "DECLARATIVE"
            case programmatic = "PROGRAMMATIC"
            case streaming = "STREAMING"
        }

        package var pubsub: String
        package var topic: String
        package var metadata: Metadata
        package var rules: [(match: String, path: String)]
        package var deadLetterTopic: String
        package var source: Source

        package init(
            pubsub: String, topic: String, metadata: Metadata, rules: [(match: String, path: String)],
            deadLetterTopic: String, source: Source
        ) {
            self.pubsub = pubsub
            self.topic = topic
            self.metadata = metadata
            self.rules = rules
            self.deadLetterTopic = deadLetterTopic
            self.source = source
        }
    }

    /// How the app is reached.
    package struct AppConnection: Sendable {
        package struct Health: Sendable {
            package var path: String
            package var interval: Duration
            package var timeout: Duration
            package var threshold: Int

            package init(path: String, interval: Duration, timeout: Duration, threshold: Int) {
                self.path = path
                self.interval = interval
                self.timeout = timeout
                self.threshold = threshold
            }
        }

        package var port: UInt16
        package var scheme: String
        package var address: String
        /// As it was given; 0 and -1 mean no bound, and 0 is left out.
        package var maxConcurrency: Int
        package var health: Health?

        package init(port: UInt16, scheme: String, address: String, maxConcurrency: Int, health: Health?) {
            self.port = port
            self.scheme = scheme
            self.address = address
            self.maxConcurrency = maxConcurrency
            self.health = health
        }
    }

    package var id = ""
    package var runtimeVersion = ""
    package var enabledFeatures: [String] = []
    package var components: [Component] = []
    package var extended: [String: String] = [:]
    package var subscriptions: [Subscription] = []
    package var httpEndpoints: [String] = []
    package var app = AppConnection(port: 0, scheme: "http", address: "127.0.0.1", maxConcurrency: 0, health: nil)
    package var resiliencies: [String] = []
    package var isWaitingForApp = false

    package init() {}

    /// The JSON body, with the newline at its end that daprd sends.
    package var body: [UInt8] {
        var object = JSONObjectBuilder()
        object.add("id", id)
        object.add("runtimeVersion", runtimeVersion)
        object.addNonEmpty("enabledFeatures", enabledFeatures.map(JSONBytes.string))
        object.addNonEmpty("components", components.map(text(of:)))
        var extended = extended
        extended["daprRuntimeVersion"] = runtimeVersion
        object.add("extended", raw: JSONBytes.object(extended.sorted { $0.key < $1.key }))
        object.addNonEmpty("subscriptions", subscriptions.map(text(of:)))
        object.addNonEmpty("httpEndpoints", httpEndpoints.map { JSONBytes.object([("name", $0)]) })
        object.add("appConnectionProperties", raw: text(of: app))
        // daprd's words while it waits for the app, and when there are no actors.
        let actors =
            isWaitingForApp
            ? #"{"runtimeStatus":"INITIALIZING","hostReady":false}"#
            : #"{"runtimeStatus":"DISABLED","hostReady":false,"placement":"placement: disconnected"}"#
        object.add("actorRuntime", raw: Array(actors.utf8))
        object.addNonEmpty("resiliencies", resiliencies.map { JSONBytes.object([("name", $0)]) })
        return object.finish() + [0x0A]
    }

    private func text(of component: Component) -> [UInt8] {
        var object = JSONObjectBuilder()
        object.add("name", component.name)
        object.add("type", component.type)
        if !component.version.isEmpty { object.add("version", component.version) }
        object.addNonEmpty("capabilities", component.capabilities.map(JSONBytes.string))
        return object.finish()
    }

    private func text(of subscription: Subscription) -> [UInt8] {
        var object = JSONObjectBuilder()
        object.add("pubsubname", subscription.pubsub)
        object.add("topic", subscription.topic)
        if !subscription.metadata.isEmpty {
            let pairs = subscription.metadata.pairs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            object.add("metadata", raw: JSONBytes.object(pairs))
        }
        object.addNonEmpty(
            "rules",
            subscription.rules.map { rule in
                JSONBytes.object([("match", rule.match), ("path", rule.path)].filter { !$0.1.isEmpty })
            })
        object.add("deadLetterTopic", subscription.deadLetterTopic)
        object.add("type", subscription.source.rawValue)
        return object.finish()
    }

    private func text(of app: AppConnection) -> [UInt8] {
        var object = JSONObjectBuilder()
        if app.port != 0 { object.add("port", raw: Array(String(app.port).utf8)) }
        object.add("protocol", app.scheme)
        object.add("channelAddress", app.address)
        if app.maxConcurrency != 0 { object.add("maxConcurrency", raw: Array(String(app.maxConcurrency).utf8)) }
        if let health = app.health {
            var inner = JSONObjectBuilder()
            inner.add("healthCheckPath", health.path)
            inner.add("healthProbeInterval", GoDuration.format(health.interval))
            inner.add("healthProbeTimeout", GoDuration.format(health.timeout))
            inner.add("healthThreshold", raw: Array(String(health.threshold).utf8))
            object.add("health", raw: inner.finish())
        }
        return object.finish()
    }
}

/// Builds one JSON object, member by member, in the order of the calls. For answers of the control plane.
struct JSONObjectBuilder {
    private var bytes: [UInt8] = [0x7B]

    mutating func add(_ name: String, _ value: String) { add(name, raw: JSONBytes.string(value)) }

    mutating func add(_ name: String, raw value: [UInt8]) {
        if bytes.count > 1 { bytes.append(0x2C) }
        JSONWriter.appendString(name, to: &bytes)
        bytes.append(0x3A)
        bytes.append(contentsOf: value)
    }

    /// Adds an array, unless it is empty.
    mutating func addNonEmpty(_ name: String, _ values: [[UInt8]]) {
        if !values.isEmpty { add(name, raw: [0x5B] + Array(values.joined(separator: [0x2C])) + [0x5D]) }
    }

    func finish() -> [UInt8] { bytes + [0x7D] }
}

/// Small JSON texts as bytes.
enum JSONBytes {
    static func string(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.appendString(text, to: &bytes)
        return bytes
    }

    static func object(_ pairs: [(String, String)]) -> [UInt8] {
        var object = JSONObjectBuilder()
        for (name, value) in pairs { object.add(name, value) }
        return object.finish()
    }

    static func object(_ pairs: [Dictionary<String, String>.Element]) -> [UInt8] {
        object(pairs.map { ($0.key, $0.value) })
    }
}
