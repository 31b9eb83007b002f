internal import Bytes
internal import Loop
internal import Runtime

/// `martlet check`: everything that is wrong in resources, before a sidecar reads them.
///
/// Exit statuses: 0 nothing that counts, 1 something that counts, 2 a command line that cannot be read.
enum CheckCommand {
    static var usage: String { HelpText.check + OptionUsage.text(CheckOptions.flags) }

    static func run(_ arguments: [String], environment: [String: String]) -> Int32 {
        do throws(OptionError) {
            let options = try CheckOptions.parse(arguments, environment: environment, exists: FileSystem.exists)
            return Program.onShard("check") { check(options) }
        } catch {
            if error == .helpWanted {
                Console.print(usage)
                return 0
            }
            return Console.refuse("martlet check: \(error.reason)", usage: usage)
        }
    }

    private static func check(_ options: CheckOptions) -> Int32 {
        let report = ResourceCheck.run(options.request)
        let width = LineOutput.standard.isTerminal ? TextLayout.terminalWidth : nil
        Console.print(options.isJSON ? CheckOutput.json(report) : CheckOutput.text(report, width: width))
        return report.errors > 0 || (options.isStrict && report.warnings > 0) ? 1 : 0
    }
}
