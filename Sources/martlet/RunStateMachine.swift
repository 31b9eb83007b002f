internal import Glibc

/// When `martlet run` starts and ends its two parts. Pure: a fact in, actions out.
struct RunStateMachine {
    /// What happened.
    enum Fact: Equatable, Sendable {
        /// The sidecar's API serves.
        case serving
        case sidecarEnded(status: Int32)
        /// It ended, or could not be started; the status is a shell's.
        case appEnded(status: Int32)
        /// A signal for us; the terminal may have sent it to the app as well.
        case signalled(Int32, appHasIt: Bool)
        /// The time is over that the app has to end.
        case limitPassed
    }

    /// What to do.
    enum Action: Equatable, Sendable {
        case startApp
        case signalApp(Int32)
        /// Tell `limitPassed` after the time that the app has to end.
        case startLimit
        case stopSidecar
        case exit(Int32)
    }

    private enum Part: Equatable {
        case waiting
        case running
        case ended(Int32)
    }

    private var app = Part.waiting
    private var sidecar = Part.running
    private var isEnding = false
    private let hasApp: Bool

    init(hasApp: Bool) { self.hasApp = hasApp }

    mutating func happened(_ fact: Fact) -> [Action] {
        switch fact {
        case .serving: serving()
        case .sidecarEnded(let status): sidecarEnded(status)
        case .appEnded(let status): appEnded(status)
        case .signalled(let signal, let appHasIt): signalled(signal, appHasIt)
        case .limitPassed: app == .running ? [.signalApp(SIGKILL)] : []
        }
    }

    private mutating func serving() -> [Action] {
        guard hasApp, app == .waiting, !isEnding, sidecar == .running else { return [] }
        app = .running
        return [.startApp]
    }

    private mutating func sidecarEnded(_ status: Int32) -> [Action] {
        sidecar = .ended(status)
        switch app {
        case .running:
            // What made it end counts, unless it ended well.
            if status != 0, !isEnding { firstFailure = status }
            isEnding = true
            return [.signalApp(SIGTERM), .startLimit]
        case .ended(let appStatus): return [.exit(firstFailure ?? appStatus)]
        case .waiting: return [.exit(status)]
        }
    }

    private mutating func appEnded(_ status: Int32) -> [Action] {
        app = .ended(status)
        isEnding = true
        return sidecar == .running ? [.stopSidecar] : [.exit(firstFailure ?? status)]
    }

    private mutating func signalled(_ signal: Int32, _ appHasIt: Bool) -> [Action] {
        let isFirst = !isEnding
        isEnding = true
        switch (app, isFirst) {
        case (.running, true): return (appHasIt ? [] : [.signalApp(signal)]) + [.startLimit]
        case (.running, false): return [.signalApp(SIGKILL)]
        case (_, true): return [.stopSidecar]
        case (_, false): return [.exit(1)]
        }
    }

    /// The status of a sidecar that ended by itself while the app ran.
    private var firstFailure: Int32?
}
