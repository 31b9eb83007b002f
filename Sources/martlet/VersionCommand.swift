internal import Runtime

/// `martlet version`
enum VersionCommand {
    private static let flags = [
        OptionFlag("verbose", .toggle, "Show the C libraries that are in it, too").letter("v")
    ]

    static var usage: String { "Usage: martlet version [flags]\n" + OptionUsage.text(flags) }

    static func run(_ arguments: [String]) -> Int32 {
        do throws(OptionError) {
            let values = try OptionParser(flags).parse(arguments)
            Console.print("martlet \(Version.current)\n")
            if values.toggle("verbose") { Console.print(Libraries.lines.joined(separator: "\n") + "\n") }
            return 0
        } catch {
            if error == .helpWanted {
                Console.print(usage)
                return 0
            }
            return Console.refuse("martlet version: \(error.reason)", usage: usage)
        }
    }
}

extension OptionError {
    /// The reason in words.
    var reason: String {
        switch self {
        case .usage(let reason), .fatal(let reason): reason
        case .helpWanted: "help was asked for"
        }
    }
}
