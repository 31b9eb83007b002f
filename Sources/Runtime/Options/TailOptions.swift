internal import Bytes

/// What `martlet tail` shows.
package struct TailOptions: Sendable {
    package var topic: String
    /// `nil` takes the only one that there is.
    package var pubsub: String?
    package var appID: String
    package var resourcesPaths: [String]
    /// Whether the broker of `martlet run` is there where no resources are.
    package var hasImplicitBroker: Bool
    package var startsAtOldest: Bool
    package var isJSON: Bool
    package var showsData: Bool
    /// Ends after so many events; `nil` goes on.
    package var maximum: Int?
    package var environment: [String: String]

    package static let flags: [OptionFlag] = [
        OptionFlag("app-id", .text, "App whose components are used", default: "app").letter("a"),
        OptionFlag("from-beginning", .toggle, "Begin with the oldest event there is"),
        OptionFlag("max", .natural, "End after so many events"),
        OptionFlag("no-data", .toggle, "Leave out what the events carry"),
        OptionFlag("output", .text, "text, or json: a line an event", default: "text").letter("o"),
        OptionFlag("pubsub", .text, "Component; may be left out where there is one").letter("p"),
        OptionFlag("resources-path", .list, "Folder of resources, as the sidecar gets it").letter("d"),
        OptionFlag("topic", .text, "The topic, in place of the argument").letter("t"),
    ]

    /// Reads `TOPIC [flags]`.
    /// - Parameter exists: says whether something is at a path, for the folder that counts when no flag names one.
    package static func parse(
        _ arguments: [String], environment: [String: String], exists: (String) -> Bool
    ) throws(OptionError) -> TailOptions {
        let values = try OptionParser(flags).parse(arguments)
        let topics = values.rest + [values.text("topic")].filter { !$0.isEmpty }
        guard let topic = topics.first, topics.count == 1, !topic.isEmpty else {
            throw .usage(topics.count > 1 ? "tail takes one topic" : "tail needs a topic")
        }
        let output = values.text("output")
        guard ["text", "json"].contains(output) else { throw .usage("--output is \(output); write text or json") }
        var paths = values.list("resources-path")
        if paths.isEmpty, let folder = environment["HOME"].map({ $0 + "/.dapr/components" }), exists(folder) {
            paths = [folder]
        }
        let maximum = values.integer("max")
        return TailOptions(
            topic: topic, pubsub: values.text("pubsub").isEmpty ? nil : values.text("pubsub"),
            appID: values.text("app-id"), resourcesPaths: paths, hasImplicitBroker: paths.isEmpty,
            startsAtOldest: values.toggle("from-beginning"), isJSON: output == "json",
            showsData: !values.toggle("no-data"), maximum: maximum > 0 ? maximum : nil, environment: environment)
    }
}
