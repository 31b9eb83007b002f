import Foundation
import Loop

/// A real redis-server on a free port of the loopback, with a folder of its own that vanishes with it.
final class RedisServer: @unchecked Sendable {
    let port: UInt16
    let folder: URL
    private let arguments: [String]
    private var process: Process?

    /// Starts the server and waits until it answers.
    /// - Parameter tls: the certificates; the port then speaks TLS only.
    init(arguments: [String] = [], tls: TestCertificates? = nil, asksForCertificates: Bool = false) throws {
        port = RedisServer.freePort()
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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/redis-server")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        for _ in 0..<500 where !RedisServer.accepts(port) { usleep(10_000) }
    }

    /// SIGKILL, and waits for its end.
    func kill() {
        process?.killAndWait()
        process = nil
    }

    /// Stops or continues it, as SIGSTOP and SIGCONT do.
    func setStopped(_ isStopped: Bool) {
        if let process { Foundation.kill(process.processIdentifier, isStopped ? SIGSTOP : SIGCONT) }
    }

    /// What redis-cli answers.
    @discardableResult
    func cli(_ arguments: String...) -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/redis-cli")
        process.arguments = ["-p", String(port)] + arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return "" }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    static func freePort() -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, length)
                _ = getsockname(descriptor, $0, &length)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    static func accepts(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

extension Process {
    /// SIGKILL, because a child may have inherited a mask; `waitUntilExit` would spin on another thread than the starting one.
    func killAndWait() {
        Foundation.kill(processIdentifier, SIGKILL)
        while isRunning { usleep(2_000) }
    }
}
