import Foundation
import Glibc
import MessagingTesting
import TestServers

/// A mosquitto of our own on a free port, with a file that it writes at every change.
final class MosquittoServer {
    let port: Int
    let directory: String
    private let options: [String]
    private var process: TestProgram?

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
        process = try TestProgram("/usr/sbin/mosquitto", ["-c", directory + "/conf"])
        for _ in 0..<500 where !FreePort.accepts(port) { usleep(10_000) }
        guard FreePort.accepts(port) else {
            throw ContractViolation("mosquitto does not answer on port \(port): \(log)")
        }
    }

    /// Without a farewell, as a crash would, once its file holds what it has promised: mosquitto answers before it writes.
    func kill() {
        guard let process else { return }
        let before = fileStamp
        process.signal(SIGUSR1)
        for _ in 0..<200 where fileStamp == before { usleep(5_000) }
        killNow()
    }

    /// Without a farewell, in the midst of whatever it does.
    func killNow() {
        process?.killAndWait()
        process = nil
    }

    /// Stops and continues the process: it is there, and does not answer.
    func signal(_ number: Int32) {
        process?.signal(number)
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
}
