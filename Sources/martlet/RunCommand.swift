internal import Bytes
internal import Loop
internal import Observability
internal import Runtime

/// `martlet run`: a sidecar and an app, started and stopped together.
enum RunCommand {
    static var usage: String { HelpText.run + "Flags:\n" + OptionUsage.text(RunOptions.flags) }

    static func run(_ arguments: [String], environment: [String: String]) -> Int32 {
        let isColoured = LineOutput.standard.isTerminal && environment["NO_COLOR"] == nil
        let prefix = isColoured ? "\u{1B}[36m== MARTLET ==\u{1B}[0m " : "== MARTLET == "
        do throws(OptionError) {
            let options = try RunOptions.parse(arguments, environment: environment, exists: FileSystem.exists)
            let log = try options.sidecar.makeLog(prefix: prefix)
            return Program.onShard("run") {
                let session = RunSession(options, log: log.scoped("martlet.run"), sidecarLog: log)
                session.appPrefix = isColoured ? "\u{1B}[32m== APP ==\u{1B}[0m " : "== APP == "
                return await session.run()
            }
        } catch {
            switch error {
            case .usage(let reason): return Console.refuse("martlet run: \(reason)", usage: usage)
            case .helpWanted:
                Console.print(usage)
                return 0
            case .fatal(let message):
                FatalLine.write(message, arguments, prefix: prefix)
                return 1
            }
        }
    }
}
