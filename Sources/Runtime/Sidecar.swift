internal import Glibc
internal import Loop
package import Observability

/// One sidecar, from start to end.
package enum Sidecar {
    /// Runs until a signal, an API call or the cancellation of the task ends it.
    /// - Returns: the exit status of the process.
    package static func run(options: SidecarOptions, log: Log) async -> Int32 {
        let loop = EventLoop.current
        for line in options.notYet() { log.warning(line) }
        var isOver = false
        var watchers: [SignalWatcher] = []
        if options.watchesSignals {
            for signal in [SIGINT, SIGTERM] {
                do throws(LoopError) {
                    watchers.append(try SignalWatcher.watch(signal, on: loop) { isOver = true })
                } catch {
                    log.fatal("\(error)")
                    return 1
                }
            }
        }
        log.info("dapr initialized. Status: Running.")
        options.whenServing?()
        while !isOver, !Task.isCancelled {
            // A cancelled sleep ends the loop at its condition.
            try? await loop.sleep(for: .milliseconds(50))
        }
        for watcher in watchers { watcher.close() }
        log.info("Daprd shutdown gracefully")
        return 0
    }
}
