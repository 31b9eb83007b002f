internal import Loop
package import Observability

/// How a sidecar logs.
package struct SidecarLogOptions: Sendable {
    package var level = LogLevel.info
    package var isJSON = false
    /// A file that gets every line as well; `nil` is none.
    package var file: String?

    package init() {}
}

extension SidecarOptions {
    /// The log of this sidecar.
    /// - Parameter prefix: what each line on the console begins with.
    /// - Throws: `.fatal` when the log file cannot be opened.
    package func makeLog(prefix: String = "") throws(OptionError) -> Log {
        var settings = LogSettings()
        settings.level = log.level
        settings.format = log.isJSON ? .json : .text
        settings.appID = appID
        settings.instance = podName.isEmpty ? ThisProcess.hostName() : podName
        settings.version = Version.current
        settings.prefix = prefix
        guard let path = log.file else { return Log(LogSink(settings)) }
        do throws(LoopError) {
            return Log(LogSink(settings, file: try LineOutput.append(to: path)))
        } catch {
            throw .fatal("log file: \(error)")
        }
    }
}
