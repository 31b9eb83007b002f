internal import Glibc
internal import Loop
internal import Observability

/// The process's signals, told to the sidecar that runs now (spec 6.7). It outlives a restart, so that no signal falls between two sidecars.
final class SignalRelay {
    private let loop: EventLoop
    private let log: Log
    private var watchers: [SignalWatcher] = []

    /// Who is told.
    var target: Lifecycle?

    init(loop: EventLoop, log: Log) {
        self.loop = loop
        self.log = log
    }

    /// Watches SIGINT and SIGTERM, which end the sidecar, a second one the process at once; and SIGHUP, which restarts it.
    func watch() throws(StartFailure) {
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            do {
                watchers.append(try SignalWatcher.watch(signal, on: loop) { [weak self] in self?.arrived(signal) })
            } catch {
                throw StartFailure(reason: "\(error)")
            }
        }
    }

    func close() {
        for watcher in watchers { watcher.close() }
        watchers = []
    }

    private func arrived(_ signal: Int32) {
        guard let target else { return }
        if signal == SIGHUP {
            log.info("SIGHUP: restarting")
            return target.finish(.restart)
        }
        guard !target.isEnding || target.endedFor == .restart else {
            log.fatal("a second signal: ending at once")
            exit(1)
        }
        target.finish(.graceful)
    }
}
