/// `martlet help [command]`
enum HelpCommand {
    static func run(_ arguments: [String]) -> Int32 {
        switch arguments.first {
        case nil: Console.print(HelpText.overview)
        case "sidecar": Console.print(HelpText.sidecar + SidecarCommand.usage)
        case "run": Console.print(RunCommand.usage)
        case "publish": Console.print(PublishCommand.usage)
        case "check": Console.print(CheckCommand.usage)
        case "explain": Console.print(ExplainCommand.usage)
        case "tail": Console.print(TailCommand.usage)
        case "version": Console.print(VersionCommand.usage)
        case "help": Console.print("Usage: martlet help [command]\n")
        case let other?:
            Console.tell("martlet help: there is no command \"\(other)\"; martlet help lists them\n")
            return 2
        }
        return 0
    }
}
