import Foundation
import Glibc
import MessagingTesting

/// A mosquitto of our own on a free port, with a file that it writes at every change.
final class MosquittoServer {
    let port: Int
    let directory: String
    private let options: [String]
    private var process: Process?

    /// - Parameter options: further lines of its configuration.
    init(options: [String] = []) throws {
        port = try FreePort.take()
        self.options = options
        directory = NSTemporaryDirectory() + "martlet-mosquitto-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let lines =
            [
                "listener \(port) 127.0.0.1", "persistence true", "persistence_location \(directory)/",
                "autosave_interval 1", "autosave_on_changes true", "max_queued_messages 0",
                "max_inflight_messages 1000",
                "log_dest file \(logPath)", "log_type all",
            ] + (options.contains { $0.hasPrefix("allow_anonymous") } ? [] : ["allow_anonymous true"])
            + (geteuid() == 0 ? ["user root"] : []) + options
        try lines.joined(separator: "\n").write(toFile: directory + "/conf", atomically: true, encoding: .utf8)
        try start()
    }

    deinit { dispose() }

    var logPath: String { directory + "/log" }

    var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    func start() throws {
        guard process == nil else { return }
        let process = Process()
        // The server ends with the thread that started it, also where the test is killed.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
        process.arguments = ["--pdeathsig", "KILL", "/usr/sbin/mosquitto", "-c", directory + "/conf"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        for _ in 0..<500 where !answers() { usleep(10_000) }
        guard answers() else { throw ContractViolation("mosquitto does not answer on port \(port): \(log)") }
    }

    /// Without a farewell, as a crash would, once its file holds what it has promised: mosquitto answers before it writes.
    func kill() {
        guard let process else { return }
        let before = fileStamp
        Glibc.kill(process.processIdentifier, SIGUSR1)
        for _ in 0..<200 where fileStamp == before { usleep(5_000) }
        killNow()
    }

    /// Without a farewell, in the midst of whatever it does.
    func killNow() {
        guard let process else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    /// Stops and continues the process: it is there, and does not answer.
    func signal(_ number: Int32) {
        if let process { Glibc.kill(process.processIdentifier, number) }
    }

    func dispose() {
        killNow()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private var fileStamp: [Int] {
        var status = stat()
        guard stat(directory + "/mosquitto.db", &status) == 0 else { return [] }
        return [Int(status.st_ino), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }

    private func answers() -> Bool {
        guard let descriptor = FreePort.connect(port) else { return false }
        close(descriptor)
        return true
    }
}

/// Ports of this machine.
enum FreePort {
    static func connect(_ port: Int) -> Int32? {
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

    /// A port below those that the system gives to outgoing connections: one of them might have it when the server wants it.
    static func take() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 15_000...32_000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = address(port)
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
            }
            if status == 0 { return port }
        }
        throw ContractViolation("no free port")
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
