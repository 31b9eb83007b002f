internal import Loop
internal import Observability
internal import Runtime

/// `martlet sidecar`: daprd's flags, behaviour and exit statuses.
enum SidecarCommand {
    static func run(_ arguments: [String], environment: [String: String]) -> Int32 {
        do throws(OptionError) {
            switch try SidecarInvocation.parse(arguments, environment: environment) {
            case .showVersion:
                Console.print("\(Version.current)\n")
                return 0
            case .showBuild:
                Console.print("Version: \(Version.current)\n")
                return 0
            case .wait(let port): return SidecarWait.run(port: port)
            case .serve(let options):
                let log = try options.makeLog()
                return Program.onShard("sidecar") { await Sidecar.run(options: options, log: log) }
            }
        } catch {
            return report(error, arguments)
        }
    }

    static var usage: String { "Usage of daprd:\n" + OptionUsage.text(OptionTable.sidecar) }

    private static func report(_ error: OptionError, _ arguments: [String]) -> Int32 {
        switch error {
        case .usage(let reason): return Console.refuse(reason, usage: usage)
        case .helpWanted:
            Console.print(usage)
            return 0
        case .fatal(let message):
            FatalLine.write(message, arguments)
            return 1
        }
    }
}

/// The one line of a start that ends before its log is there.
enum FatalLine {
    static func write(_ message: String, _ arguments: [String], prefix: String = "") {
        var settings = LogSettings()
        let isJSON = ["--log-as-json", "-log-as-json", "--log-as-json=true", "-log-as-json=true"]
        settings.format = arguments.contains(where: isJSON.contains) ? .json : .text
        settings.instance = ThisProcess.hostName()
        settings.version = Version.current
        settings.prefix = prefix
        Log(LogSink(settings)).fatal(message)
    }
}
