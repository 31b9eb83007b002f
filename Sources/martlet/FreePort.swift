internal import Loop

/// Finds ports of this machine that nobody listens on. Between the search and the use another process may take one; then listening says so.
enum FreePort {
    /// The preferred port where it is free, else any free one.
    static func find(preferred: UInt16, on loop: EventLoop) throws(LoopError) -> UInt16 {
        if preferred != 0, let port = try? probe(preferred, on: loop) { return port }
        return try probe(0, on: loop)
    }

    private static func probe(_ port: UInt16, on loop: EventLoop) throws(LoopError) -> UInt16 {
        let listener = try Listener.listen(on: .tcp(host: "127.0.0.1", port: port), loop: loop) { $0.close() }
        defer { listener.close() }
        return listener.port
    }
}
