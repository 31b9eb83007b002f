internal import Loop
internal import Runtime

/// The program: reads which command is meant and runs it.
///
/// Exit statuses: 0 is done, 1 is one line that says what is wrong, 2 is a command line that cannot be read; `run` ends as its app does.
enum Program {
    /// Runs a command line, with the program's name first, until its end.
    static func run(_ commandLine: [String]) -> Int32 {
        ThisProcess.ignoreBrokenPipes()
        let environment = ThisProcess.environment()
        let name = commandLine.first?.split(separator: "/").last.map(String.init) ?? "martlet"
        let arguments = Array(commandLine.dropFirst())
        if name == "daprd" { return SidecarCommand.run(arguments, environment: environment) }
        guard let first = arguments.first else {
            Console.tell(HelpText.overview)
            return 2
        }
        let rest = Array(arguments.dropFirst())
        switch first {
        case "sidecar": return SidecarCommand.run(rest, environment: environment)
        case "run": return RunCommand.run(rest, environment: environment)
        case "publish": return PublishCommand.run(rest, environment: environment)
        case "check": return CheckCommand.run(rest, environment: environment)
        case "explain": return ExplainCommand.run(rest)
        case "tail": return TailCommand.run(rest, environment: environment)
        case "version": return VersionCommand.run(rest)
        case "help", "-h", "--help", "-help": return HelpCommand.run(rest)
        case _ where first.hasPrefix("-"): return SidecarCommand.run(arguments, environment: environment)
        default:
            Console.tell("martlet: there is no command \"\(first)\"; martlet help lists them\n")
            return 2
        }
    }

    /// Runs a body on a new shard and waits for its end. Called on the main thread.
    static func onShard(_ name: String, _ body: @escaping @Sendable () async -> Int32) -> Int32 {
        let shard = Shard(name: name)
        let status = Guarded<Int32>(1)
        shard.loop.call {
            EventLoop.current.launch {
                let result = await body()
                status.withLock { $0 = result }
                shard.stop()
            }
        }
        shard.join()
        return status.withLock { $0 }
    }
}
