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

    /// A document that is read by others.
    package struct Text: Sendable, Equatable {
        package var file: String
        /// Lines in it are lines of the file.
        package var bytes: [UInt8]
    }

    /// How many files were read.
    package var files = 0
    /// Configurations, which have no effect in resource directories and are kept for a check only.
    package var configurations: [Text] = []
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
    /// Files of which a document was left out because it could not be read.
    package var brokenFiles: Set<String> = []

    package init() {}

    /// What came from one file.
    package func only(file: String) -> LoadedResources {
        var part = LoadedResources()
        part.components = components.filter { $0.file == file }
        part.subscriptions = subscriptions.filter { $0.file == file }
        part.resiliencies = resiliencies.filter { $0.file == file }
        part.resiliencySpecs = resiliencySpecs.filter { $0.file == file }
        part.httpEndpoints = httpEndpoints.filter { $0.file == file }
        return part
    }

    /// Whether the process cannot start with these resources.
    package var isFatal: Bool { findings.contains { $0.severity == .fatal } }
}
