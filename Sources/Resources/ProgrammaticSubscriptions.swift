internal import Bytes
package import Events
internal import Messaging

/// The subscriptions that an app answers with to `GET /dapr/subscribe` (spec 1.5).
package struct ProgrammaticSubscriptions: Sendable, Equatable {
    /// Why the whole list is not taken, in daprd's words where it has some.
    package struct Malformed: Error, Sendable, Equatable {
        /// Begins with `error getting topics from app: `.
        package var message: String
    }

    /// In the order of the list; of several for one component and topic the last, in the place of the first.
    package var subscriptions: [SubscriptionSpec] = []
    /// Entries that were left out.
    package var findings: [Finding] = []

    package init() {}

    /// The most entries left out that are told one by one; further ones are left out in silence.
    package static let maximumFindings = 1000

    /// Reads the body of the answer. An empty one is an empty list, and bytes after the first JSON value are ignored.
    package static func parse(body: [UInt8]) throws(Malformed) -> ProgrammaticSubscriptions {
        guard !body.isEmpty else { return ProgrammaticSubscriptions() }
        let json: JSONValue
        do throws(JSONSyntaxError) {
            json = try JSONValue.parseFirst(body.rawSpan)
        } catch {
            throw Malformed(message: "error getting topics from app: \(error)")
        }
        return try parse(json)
    }

    /// Reads the list. Names are compared without case, unknown ones ignored; one value of the wrong type makes the whole list malformed.
    package static func parse(_ json: JSONValue) throws(Malformed) -> ProgrammaticSubscriptions {
        var result = ProgrammaticSubscriptions()
        let elements: [JSONValue]
        switch json {
        case .null: return result
        case .array(let values): elements = values
        default: throw mismatch("\(kind(json)) into Go value of type []pubsub.SubscriptionJSON")
        }
        var places: [Place: Int] = [:]
        for element in elements {
            let subscription = try parseEntry(element)
            for fault in subscription.delivery?.faults ?? [] where result.findings.count < maximumFindings {
                let text =
                    "subscription to topic \(subscription.topic) on pubsub \(subscription.pubsubName): \(fault.reason)"
                result.findings.append(Finding(.error, field: fault.field, text))
            }
            if subscription.effectiveRules.isEmpty {
                let text = "topic \(subscription.topic) has an empty routes. removing from subscriptions list"
                if result.findings.count < maximumFindings { result.findings.append(Finding(.warning, text)) }
            } else {
                result.add(subscription, &places)
            }
        }
        return result
    }

    private struct Place: Hashable {
        var pubsubName: String
        var topic: String
    }

    private mutating func add(_ subscription: SubscriptionSpec, _ places: inout [Place: Int]) {
        let place = Place(pubsubName: subscription.pubsubName, topic: subscription.topic)
        if let index = places[place] {
            subscriptions[index] = subscription
        } else {
            places[place] = subscriptions.count
            subscriptions.append(subscription)
        }
    }

    private static func parseEntry(_ json: JSONValue) throws(Malformed) -> SubscriptionSpec {
        let entry = try Object(json, type: "pubsub.SubscriptionJSON")
        var subscription = SubscriptionSpec(pubsubName: try entry.text("pubsubname"), topic: try entry.text("topic"))
        subscription.origin = .programmatic
        subscription.deadLetterTopic = try entry.text("deadLetterTopic")
        subscription.metadata = Metadata(try entry.pairs("metadata"))
        let route = try entry.text("route")
        let routes = try entry.object("routes", owner: "RoutesJSON")
        subscription.rules = try routes.rules()
        let path = try routes.text("default")
        subscription.defaultPath = path.isEmpty ? (route.isEmpty ? nil : route) : path
        let bulk = try entry.object("bulkSubscribe", owner: "BulkSubscribeJSON")
        subscription.bulk = SubscriptionSpec.Bulk(
            isEnabled: try bulk.bool("enabled"), maxMessagesCount: try bulk.integer("maxMessagesCount"),
            maxAwaitDurationMs: try bulk.integer("maxAwaitDurationMs"))
        if let delivery = json[ignoringCase: "delivery"], delivery != .null {
            subscription.delivery = DeliverySpec(delivery, hasDeadLetter: subscription.hasDeadLetter)
        }
        return subscription
    }

    private static func mismatch(_ text: String) -> Malformed {
        Malformed(message: "error getting topics from app: json: cannot unmarshal " + text)
    }

    private static func kind(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// An object that is read field by field as Go's decoder fills a struct; null and absent values are zero values.
    private struct Object {
        let owner: String
        let path: String
        let json: JSONValue

        init(_ json: JSONValue, type: String) throws(Malformed) {
            owner = "SubscriptionJSON"
            path = ""
            switch json {
            case .null, .object: self.json = json
            default: throw mismatch("\(kind(json)) into Go value of type \(type)")
            }
        }

        private init(json: JSONValue, owner: String, path: String) {
            self.json = json
            self.owner = owner
            self.path = path
        }

        private func present(_ field: String) -> JSONValue? {
            guard let value = json[ignoringCase: field], value != .null else { return nil }
            return value
        }

        private func fault(_ value: JSONValue, _ field: String, _ type: String, literal: String = "") -> Malformed {
            mismatch("\(kind(value))\(literal) into Go struct field \(owner).\(path)\(field) of type \(type)")
        }

        func text(_ field: String) throws(Malformed) -> String {
            guard let value = present(field) else { return "" }
            guard let text = value.text else { throw fault(value, field, "string") }
            return text
        }

        func bool(_ field: String) throws(Malformed) -> Bool {
            guard let value = present(field) else { return false }
            guard case .bool(let truth) = value else { throw fault(value, field, "bool") }
            return truth
        }

        func integer(_ field: String) throws(Malformed) -> Int {
            guard let value = present(field) else { return 0 }
            guard case .number(let literal) = value else { throw fault(value, field, "int32") }
            guard let number = Int32(literal) else { throw fault(value, field, "int32", literal: " " + literal) }
            return Int(number)
        }

        func pairs(_ field: String) throws(Malformed) -> [(String, String)] {
            guard let value = present(field) else { return [] }
            guard case .object(let members) = value else { throw fault(value, field, "map[string]string") }
            var pairs: [(String, String)] = []
            for member in members {
                guard member.value == .null || member.value.text != nil else {
                    throw fault(member.value, field, "string")
                }
                pairs.append((member.name, member.value.text ?? ""))
            }
            return pairs
        }

        func object(_ field: String, owner: String) throws(Malformed) -> Object {
            let value = present(field) ?? .null
            switch value {
            case .null, .object: return Object(json: value, owner: owner, path: path + field + ".")
            default: throw fault(value, field, "pubsub.\(owner)")
            }
        }

        func rules() throws(Malformed) -> [SubscriptionSpec.Rule] {
            guard let value = present("rules") else { return [] }
            guard case .array(let elements) = value else { throw fault(value, "rules", "[]*pubsub.RuleJSON") }
            var rules: [SubscriptionSpec.Rule] = []
            for element in elements {
                switch element {
                case .null, .object: break
                default: throw fault(element, "rules", "pubsub.RuleJSON")
                }
                let rule = Object(json: element, owner: "RuleJSON", path: path + "rules.")
                rules.append(SubscriptionSpec.Rule(match: try rule.text("match"), path: try rule.text("path")))
            }
            return rules
        }
    }
}
