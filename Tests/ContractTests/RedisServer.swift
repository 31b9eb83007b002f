import Foundation
import Glibc
import MessagingTesting

/// A redis-server of our own on a free port, with an append-only file that is synchronised at every write.
final class RedisServer {
    let port: Int
    private let directory: String
    private var process: Process?

    init() throws {
        port = try Self.freePort()
        directory = NSTemporaryDirectory() + "martlet-redis-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try start()
    }

    deinit { dispose() }

    func start() throws {
        guard process == nil else { return }
        let process = Process()
        // The server ends with the thread that started it, also where the test is killed.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
        process.arguments = [
            "--pdeathsig", "KILL", "/usr/bin/redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--dir",
            directory, "--appendonly", "yes", "--appendfsync",
            "always", "--save", "", "--daemonize", "no",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        for _ in 0..<500 where !answers() { usleep(10_000) }
        guard answers() else { throw ContractViolation("redis-server does not answer on port \(port)") }
    }

    /// Without a farewell, as a crash would.
    func kill() {
        guard let process else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    func dispose() {
        kill()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Whether it takes connections and has loaded its file.
    private func answers() -> Bool {
        guard let descriptor = Self.connect(port) else { return false }
        defer { close(descriptor) }
        let ping = Array("PING\r\n".utf8)
        guard send(descriptor, ping, ping.count, Int32(MSG_NOSIGNAL)) == ping.count else { return false }
        var answer = [UInt8](repeating: 0, count: 64)
        let count = recv(descriptor, &answer, answer.count, 0)
        return count > 0 && answer.starts(with: Array("+PONG".utf8))
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func connect(_ port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = address(port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, size) }
        }
        if status == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
            }
        }
        guard status == 0 else { throw ContractViolation("no free port") }
        return Int(in_port_t(bigEndian: address.sin_port))
    }
}
