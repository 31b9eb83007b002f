internal import Glibc
internal import Loop
internal import Messaging
internal import Observability
internal import Runtime

/// One `martlet run`, on a shard of its own: it does what `RunStateMachine` decides.
final class RunSession {
    /// How long the app has to end after it was asked to, at least.
    static let endLimit: Duration = .seconds(5)
    /// How long the app's last output is waited for when other processes hold it open.
    static let outputLimit: Duration = .milliseconds(500)

    var appPrefix = "== APP == "
    private var options: RunOptions
    private let log: Log
    private let sidecarLog: Log
    private let loop = EventLoop.current
    private var machine: RunStateMachine
    private var child: ChildProcess?
    private var outputs: [AppOutput] = []
    private var watchers: [SignalWatcher] = []
    private let sidecarShard = Shard(name: "sidecar")
    private let sidecarTask = Guarded<Task<Void, Never>?>(nil)
    private var exitStatus: CheckedContinuation<Int32, Never>?

    init(_ options: RunOptions, log: Log, sidecarLog: Log) {
        self.options = options
        self.log = log
        self.sidecarLog = sidecarLog
        machine = RunStateMachine(hasApp: !options.command.isEmpty)
    }

    /// Runs to the end of both parts; gives the exit status.
    func run() async -> Int32 {
        do throws(LoopError) {
            for port in RunOptions.Port.allCases where options.openPorts.contains(port) {
                options.set(port, to: try FreePort.find(preferred: options.preferred(port), on: loop))
            }
            for signal in [SIGINT, SIGTERM] {
                let watcher = try SignalWatcher.watch(signal, on: loop) { [weak self] in
                    self?.happened(.signalled(signal, appHasIt: signal == SIGINT && ThisProcess.isInForeground))
                }
                watchers.append(watcher)
            }
        } catch {
            log.fatal("\(error)")
            return 1
        }
        let status = await withCheckedContinuation { continuation in
            exitStatus = continuation
            startSidecar()
        }
        await finishOutput()
        for watcher in watchers { watcher.close() }
        return status
    }

    private func happened(_ fact: RunStateMachine.Fact) {
        for action in machine.happened(fact) { perform(action) }
    }

    private func perform(_ action: RunStateMachine.Action) {
        switch action {
        case .startApp: startApp()
        case .signalApp(let signal): child?.kill(signal)
        case .startLimit:
            let limit = max(RunSession.endLimit, options.sidecar.gracefulShutdown)
            _ = loop.wake(at: loop.now + limit, self, token: 0)
        case .stopSidecar: stopSidecar()
        case .exit(let status):
            exitStatus?.resume(returning: status)
            exitStatus = nil
        }
    }

    // MARK: The sidecar

    private func startSidecar() {
        let facts = Mailbox<RunStateMachine.Fact>(capacity: 16, on: loop) { [weak self] facts in
            for fact in facts { self?.happened(fact) }
        }
        var sidecar = options.sidecar
        sidecar.whenServing = { _ = facts.send(.serving) }
        let (options, log, task) = (sidecar, sidecarLog, sidecarTask)
        sidecarShard.loop.call {
            let running = EventLoop.current.launch {
                let status = await Sidecar.run(options: options, log: log)
                _ = facts.send(.sidecarEnded(status: status))
            }
            task.withLock { $0 = running }
        }
    }

    /// The call comes behind the one that starts the task.
    private func stopSidecar() {
        let task = sidecarTask
        sidecarShard.loop.call { task.withLock { $0 }?.cancel() }
    }

    // MARK: The app

    private func startApp() {
        let launch = ChildProcess.Launch(options.command, environment: options.appEnvironment())
        let output = AppOutput(prefix: appPrefix, to: .standard, on: loop)
        let errors = AppOutput(prefix: appPrefix, to: .standard, on: loop)
        do throws(LoopError) {
            child = try ChildProcess.start(launch, output: output, errors: errors, on: loop) { [weak self] exit in
                self?.appEnded(exit)
            }
            outputs = [output, errors]
            log.info("app started", [.process: .integer(Int(child?.id ?? 0)), .address: .text(address)])
        } catch {
            log.error("\(error)")
            happened(.appEnded(status: error.code == -ENOENT ? 127 : 126))
        }
    }

    private var address: String {
        options.sidecar.httpSocketPath.map { "unix://\($0)" } ?? "http://127.0.0.1:\(options.sidecar.httpPort)"
    }

    private func appEnded(_ exit: ChildProcess.Exit) {
        switch exit {
        case .status(let status): log.info("app ended", [.status: .integer(Int(status))])
        case .signal(let number): log.info("app was ended by a signal", [.code: .integer(Int(number))])
        }
        happened(.appEnded(status: exit.shellStatus))
    }

    private func finishOutput() async {
        let limit = loop.now + RunSession.outputLimit
        while outputs.contains(where: { !$0.isOver }), loop.now < limit {
            do { try await loop.sleep(for: .milliseconds(5)) } catch { return }
        }
    }
}

extension RunSession: Sleeper {
    func wake(_ token: UInt64) { happened(.limitPassed) }
}
