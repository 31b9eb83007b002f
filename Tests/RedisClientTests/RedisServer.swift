import Foundation
import Loop
import TestServers

/// A real redis-server on a free port of the loopback, with a folder of its own that vanishes with it.
final class RedisServer: @unchecked Sendable {
    let port: UInt16
    let folder: URL
    private let arguments: [String]
    private var process: TestProgram?

    /// Starts the server and waits until it answers.
    /// - Parameter tls: the certificates; the port then speaks TLS only.
    init(arguments: [String] = [], tls: TestCertificates? = nil, asksForCertificates: Bool = false) throws {
        port = UInt16(try FreePort.take())
        folder = FileManager.default.temporaryDirectory.appending(path: "martlet-redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var all = ["--bind", "127.0.0.1", "--dir", folder.path, "--save", "", "--loglevel", "warning"]
        if let tls {
            all += ["--port", "0", "--tls-port", String(port), "--tls-cert-file", tls.path("server.pem")]
            all += ["--tls-key-file", tls.path("server.key"), "--tls-ca-cert-file", tls.path("ca.pem")]
            all += ["--tls-auth-clients", asksForCertificates ? "yes" : "no"]
        } else {
            all += ["--port", String(port)]
        }
        self.arguments = all + arguments
        try start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    var endpoint: Endpoint { .tcp(host: "127.0.0.1", port: port) }

    /// Starts it again, on the same port and folder.
    func start() throws {
        // Some tests start it again on a thread that ends before it.
        process = try TestProgram("/usr/bin/redis-server", arguments, diesWithParent: false)
        for _ in 0..<500 where !FreePort.accepts(Int(port)) { usleep(10_000) }
    }

    /// SIGKILL, and waits for its end.
    func kill() {
        process?.killAndWait()
        process = nil
    }

    /// Stops or continues it, as SIGSTOP and SIGCONT do.
    func setStopped(_ isStopped: Bool) {
        process?.signal(isStopped ? SIGSTOP : SIGCONT)
    }

    /// What redis-cli answers.
    @discardableResult
    func cli(_ arguments: String...) -> String {
        TestProgram.output("/usr/bin/redis-cli", ["-p", String(port)] + arguments) ?? ""
    }
}
