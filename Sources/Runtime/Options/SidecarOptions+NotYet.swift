extension SidecarOptions {
    /// What was asked for and is not there: one line each, for the log.
    package func notYet() -> [String] {
        var lines: [String] = []
        func tell(_ names: String..., line: String) {
            let asked = names.filter { given.contains($0) }
            if !asked.isEmpty { lines.append(asked.map { "--\($0)" }.joined(separator: ", ") + ": " + line) }
        }
        if appProtocol != .http, appProtocol != .https {
            lines.append(
                "--app-protocol \(appProtocol.rawValue): the app can be called over http and https only; it gets no events"
            )
        }
        tell("dapr-grpc-port", line: "the gRPC API is not there yet; nothing listens on port \(grpcPort)")
        if given.contains("enable-mtls") || given.contains("sentry-address") {
            tell(
                "enable-mtls", "sentry-address", line: "mTLS between sidecars is not there; no certificate is asked for"
            )
        }
        tell(
            "placement-host-address", "actors-service",
            line: "actors are not there; the placement service is not called")
        tell(
            "scheduler-host-address", "reminders-service",
            line: "jobs and reminders are not there; the scheduler service is not called")
        tell("enable-profiling", "profile-port", line: "Go's profiler has no counterpart; use perf")
        tell("control-plane-address", line: "there is no control plane")
        return lines
    }
}
