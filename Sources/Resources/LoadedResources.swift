/// What the resource directories hold for this app, in load order: directories as given, files by name, documents by place.
package struct LoadedResources: Sendable {
    /// A resource of which only the name is needed here.
    package struct Named: Sendable, Equatable {
        package var name: String
        package var file: String
        package var line: Int

        package init(name: String, file: String, line: Int) {
            self.name = name
            self.file = file
            self.line = line
        }
    }

    /// Components for this app and namespace that are not denied.
    package var components: [ComponentSpec] = []
    /// Declarative subscriptions for this app; of several with one name the last.
    package var subscriptions: [SubscriptionSpec] = []
    package var resiliencies: [Named] = []
    /// Those of them that can be used, in load order.
    package var resiliencySpecs: [ResiliencySpec] = []
    package var httpEndpoints: [Named] = []
    /// Everything that was found wrong or noteworthy.
    package var findings: [Finding] = []

    package init() {}

    /// Whether the process cannot start with these resources.
    package var isFatal: Bool { findings.contains { $0.severity == .fatal } }
}
