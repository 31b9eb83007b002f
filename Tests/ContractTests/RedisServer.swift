import Foundation
import Glibc
import MessagingTesting
import TestServers

/// A redis-server of our own on a free port, with an append-only file that is synchronised at every write.
final class RedisServer {
    let port: Int
    private let directory: String
    private var process: TestProgram?

    init() throws {
        port = try FreePort.take()
        directory = NSTemporaryDirectory() + "martlet-redis-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try start()
    }

    deinit { dispose() }

    func start() throws {
        guard process == nil else { return }
        process = try TestProgram(
            "/usr/bin/redis-server",
            [
                "--port", "\(port)", "--bind", "127.0.0.1", "--dir", directory, "--appendonly", "yes", "--appendfsync",
                "always", "--save", "", "--daemonize", "no",
            ])
        for _ in 0..<500 where !answers() { usleep(10_000) }
        guard answers() else { throw ContractViolation("redis-server does not answer on port \(port)") }
    }

    /// Without a farewell, as a crash would.
    func kill() {
        process?.killAndWait()
        process = nil
    }

    func dispose() {
        kill()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Whether it takes connections and has loaded its file.
    private func answers() -> Bool {
        guard let descriptor = FreePort.connect(port) else { return false }
        defer { close(descriptor) }
        let ping = Array("PING\r\n".utf8)
        guard send(descriptor, ping, ping.count, Int32(MSG_NOSIGNAL)) == ping.count else { return false }
        var answer = [UInt8](repeating: 0, count: 64)
        let count = recv(descriptor, &answer, answer.count, 0)
        return count > 0 && answer.starts(with: Array("+PONG".utf8))
    }
}
