internal import Bytes
internal import Glibc
internal import Loop
internal import Runtime

/// `martlet tail`: the events of a topic as they come.
///
/// Exit statuses: 0 ended by Ctrl-C, SIGTERM, `--max` or a reader that went away; 1 one line that says what is wrong; 2 usage.
enum TailCommand {
    static var usage: String { HelpText.tail + OptionUsage.text(TailOptions.flags) }

    static func run(_ arguments: [String], environment: [String: String]) -> Int32 {
        do throws(OptionError) {
            let options = try TailOptions.parse(arguments, environment: environment, exists: FileSystem.exists)
            return Program.onShard("tail") { await show(options) }
        } catch {
            if error == .helpWanted {
                Console.print(usage)
                return 0
            }
            return Console.refuse("martlet tail: \(error.reason)", usage: usage)
        }
    }

    private static func show(_ options: TailOptions) async -> Int32 {
        do throws(Tail.Failure) {
            let tail = try Tail(options)
            let watchers = watch { tail.end() }
            defer { for watcher in watchers { watcher.close() } }
            try await tail.run(show: { Console.print($0) }, tell: { Console.tell("martlet tail: \($0)\n") })
            return 0
        } catch {
            Console.tell("martlet tail: \(error.reason)\n")
            return 1
        }
    }

    /// Without a watcher the signal ends the process in the usual way.
    private static func watch(_ end: @escaping () -> Void) -> [SignalWatcher] {
        [SIGINT, SIGTERM].compactMap { try? SignalWatcher.watch($0, on: .current, arrived: end) }
    }
}
