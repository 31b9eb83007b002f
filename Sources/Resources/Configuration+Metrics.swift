internal import Bytes
internal import Events

extension Configuration {
    /// `spec.metric`, over which `spec.metrics` wins field by field.
    package struct Metrics: Sendable, Equatable {
        /// Replaces values of one label of one metric.
        package struct Rule: Sendable, Equatable {
            package struct Label: Sendable, Equatable {
                package var name: String
                /// The new value and the pattern that calls for it, sorted by the new value.
                package var replacements: [(value: String, pattern: String)]

                package init(name: String, replacements: [(value: String, pattern: String)]) {
                    self.name = name
                    self.replacements = replacements
                }

                package static func == (left: Label, right: Label) -> Bool {
                    left.name == right.name && left.replacements.elementsEqual(right.replacements, by: ==)
                }
            }

            package var name: String
            package var labels: [Label]

            package init(name: String, labels: [Label]) {
                self.name = name
                self.labels = labels
            }
        }

        /// `spec.metric.http`; `nil` is not given.
        package struct HTTP: Sendable, Equatable {
            package var increasedCardinality: Bool?
            package var pathMatching: [String] = []
            package var excludeVerbs: Bool?

            package init() {}
        }

        package var isEnabled: Bool?
        package var recordErrorCodes: Bool?
        package var http: HTTP?
        /// Milliseconds; `nil` or empty means the default buckets.
        package var latencyBuckets: [Int]?
        package var rules: [Rule] = []

        package init() {}

        /// What another section says wins over this one.
        mutating func override(with other: Metrics) {
            if let isEnabled = other.isEnabled { self.isEnabled = isEnabled }
            if let recordErrorCodes = other.recordErrorCodes { self.recordErrorCodes = recordErrorCodes }
            if let http = other.http { self.http = http }
            if let latencyBuckets = other.latencyBuckets { self.latencyBuckets = latencyBuckets }
            if !other.rules.isEmpty { rules = other.rules }
        }

        /// The section as JSON, as daprd logs it behind `metric spec: `.
        package var json: String {
            var members: [JSONMember] = []
            func add(_ name: String, _ value: JSONValue?) {
                if let value { members.append(JSONMember(name: name, value: value)) }
            }
            add("enabled", .bool(isEnabled ?? true))
            add("recordErrorCodes", recordErrorCodes.map { .bool($0) })
            add("http", http.map(\.jsonValue))
            add("latencyDistributionBuckets", latencyBuckets.map { .array($0.map { .number(String($0)) }) })
            if !rules.isEmpty { add("rules", .array(rules.map(\.jsonValue))) }
            return String(decoding: JSONValue.object(members).bytes, as: UTF8.self)
        }
    }
}

extension Configuration.Metrics.HTTP {
    fileprivate var jsonValue: JSONValue {
        var members: [JSONMember] = []
        if let increasedCardinality {
            members.append(JSONMember(name: "increasedCardinality", value: .bool(increasedCardinality)))
        }
        if !pathMatching.isEmpty {
            members.append(JSONMember(name: "pathMatching", value: .array(pathMatching.map { .string($0) })))
        }
        if let excludeVerbs { members.append(JSONMember(name: "excludeVerbs", value: .bool(excludeVerbs))) }
        return .object(members)
    }
}

extension Configuration.Metrics.Rule {
    fileprivate var jsonValue: JSONValue {
        let labels = labels.map { label in
            let regex = label.replacements.map { JSONMember(name: $0.value, value: .string($0.pattern)) }
            return JSONValue.object([
                JSONMember(name: "name", value: .string(label.name)), JSONMember(name: "regex", value: .object(regex)),
            ])
        }
        return .object([
            JSONMember(name: "name", value: .string(name)), JSONMember(name: "labels", value: .array(labels)),
        ])
    }
}
