internal import Messaging
internal import YAML

extension SubscriptionSpec {
    /// Reads a declarative Subscription of either version; what does not fit is noted in the reader.
    ///
    /// `route` counts in `v1alpha1` only and `routes` in `v2alpha1` only (spec 1.5).
    init(_ root: DocumentReader.Object, header: ResourceHeader, _ reader: inout DocumentReader) {
        let isFirst = header.apiVersion == ResourceKind.firstVersion
        let goPackage = isFirst ? "v1alpha1" : "v2alpha1"
        reader.noteUnknown(root, known: ["apiVersion", "kind", "metadata", "spec", "scopes"])
        var top = root
        top.owner = "Subscription"
        let spec = reader.object(top, "spec", owner: "SubscriptionSpec", type: goPackage + ".SubscriptionSpec")
        let common = ["pubsubname", "topic", "metadata", "deadLetterTopic", "bulkSubscribe", "delivery"]
        reader.noteUnknown(spec, known: common + [isFirst ? "route" : "routes"])
        self.init(pubsubName: reader.text(spec, "pubsubname"), topic: reader.text(spec, "topic"))
        name = header.name
        if isFirst {
            let route = reader.text(spec, "route")
            defaultPath = route.isEmpty ? nil : route
        } else {
            readRoutes(spec, goPackage, &reader)
        }
        deadLetterTopic = reader.text(spec, "deadLetterTopic")
        metadata = Metadata(reader.pairs(spec, "metadata").map { ($0.key, $0.value) })
        let bulkObject = reader.object(
            spec, "bulkSubscribe", owner: "BulkSubscribe", type: goPackage + ".BulkSubscribe")
        reader.noteUnknown(bulkObject, known: ["enabled", "maxMessagesCount", "maxAwaitDurationMs"])
        bulk = Bulk(
            isEnabled: reader.bool(bulkObject, "enabled"),
            maxMessagesCount: reader.integer(bulkObject, "maxMessagesCount"),
            maxAwaitDurationMs: reader.integer(bulkObject, "maxAwaitDurationMs"))
        if spec.isPresent("delivery"), let node = spec.value("delivery") {
            delivery = DeliverySpec(node, lineOffset: reader.lineOffset, hasDeadLetter: hasDeadLetter)
        }
        scopes = reader.texts(top, "scopes")
        file = header.file
        line = header.line
    }

    private mutating func readRoutes(
        _ spec: DocumentReader.Object, _ goPackage: String, _ reader: inout DocumentReader
    ) {
        let routes = reader.object(spec, "routes", owner: "Routes", type: goPackage + ".Routes")
        reader.noteUnknown(routes, known: ["rules", "default"])
        rules = reader.objects(routes, "rules", owner: "Rule", type: goPackage + ".Rule").map { rule in
            reader.noteUnknown(rule, known: ["match", "path"])
            return Rule(match: reader.text(rule, "match"), path: reader.text(rule, "path"))
        }
        let path = reader.text(routes, "default")
        defaultPath = path.isEmpty ? nil : path
    }
}
