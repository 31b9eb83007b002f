/// What `martlet check` checks, and how it tells what it found.
package struct CheckOptions: Sendable {
    package var request: ResourceCheck.Request
    /// Whether warnings count as well.
    package var isStrict: Bool
    package var isJSON: Bool

    package static let flags: [OptionFlag] = [
        OptionFlag("app-id", .text, "Check what this app gets; all apps by default").letter("a"),
        OptionFlag("config", .list, "Configuration file, as the sidecar gets it").letter("c"),
        OptionFlag("output", .text, "text or json", default: "text").letter("o"),
        OptionFlag("resources-path", .list, "Folder, as the sidecar gets it").letter("d"),
        OptionFlag("strict", .toggle, "Let warnings count too"),
    ]

    /// Where resources usually lie, below the current directory and below the home directory.
    private static let usualFolders = ["resources", "components"]

    /// Reads `[flags] [FILE or FOLDER]…`.
    /// - Parameter exists: says whether something is at a path, for the folders that count when none is named.
    package static func parse(
        _ arguments: [String], environment: [String: String], exists: (String) -> Bool
    ) throws(OptionError) -> CheckOptions {
        let values = try OptionParser(flags).parse(arguments)
        let output = values.text("output")
        guard ["text", "json"].contains(output) else { throw .usage("--output is \(output); write text or json") }
        var request = ResourceCheck.Request(
            paths: values.list("resources-path") + values.rest, configPaths: values.list("config"),
            appID: values.text("app-id").isEmpty ? nil : values.text("app-id"), environment: environment)
        if request.paths.isEmpty, request.configPaths.isEmpty {
            request.paths = usualFolders.filter(exists)
            if request.paths.isEmpty, let folder = environment["HOME"].map({ $0 + "/.dapr/components" }), exists(folder)
            {
                request.paths = [folder]
            }
            guard !request.paths.isEmpty else {
                throw .usage("there is nothing to check: no folder resources or components here; name files or folders")
            }
        }
        return CheckOptions(request: request, isStrict: values.toggle("strict"), isJSON: output == "json")
    }
}
