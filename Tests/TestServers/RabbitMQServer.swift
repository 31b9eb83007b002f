import Foundation
import Glibc

/// A RabbitMQ node of our own in a folder and on ports of its own, started by `brokers/rabbitmq/start`; no installed one is touched.
///
/// It takes seconds to start: tests that do not stop it share one.
package final class RabbitMQServer: @unchecked Sendable {
    package let port: Int
    package let directory: String
    private let environment: [String]
    private var process: TestProgram?

    /// The node of tests that leave it running. It ends with this process.
    package static func shared() throws -> RabbitMQServer { try sharedResult.get() }

    private static let sharedResult: Result<RabbitMQServer, any Error> = {
        // Of pthread, which ThreadSanitizer understands.
        let condition = NSCondition()
        nonisolated(unsafe) var result: Result<RabbitMQServer, any Error>?
        // The kernel ends a server with the thread that started it: this one stays.
        Thread.detachNewThread {
            let started = Result { try RabbitMQServer() }
            condition.withLock { result = started }
            condition.broadcast()
            while true { sleep(3_600) }
        }
        condition.lock()
        while result == nil { condition.wait() }
        condition.unlock()
        atexit {
            if case .success(let server) = RabbitMQServer.sharedResult { server.dispose() }
        }
        return result ?? .failure(TestProgram.Failure(description: "the thread ended"))
    }()

    /// - Parameters:
    ///   - configuration: further lines of `rabbitmq.conf`, with PORT for the port.
    ///   - plugins: names of plugins.
    package init(configuration: [String] = [], plugins: [String] = []) throws {
        port = try FreePort.take()
        directory = NSTemporaryDirectory() + "martlet-rabbitmq-" + UUID().uuidString
        environment = [
            "RABBITMQ_DATA=\(directory)", "RABBITMQ_PORT=\(port)", "RABBITMQ_DIST=\(try FreePort.take())",
            "RABBITMQ_EPMD=\(try FreePort.take())", "RABBITMQ_PLUGINS=\(plugins.joined(separator: ","))",
        ]
        try FileManager.default.createDirectory(atPath: directory + "/conf.d", withIntermediateDirectories: true)
        let lines = configuration.map { $0.replacingOccurrences(of: "PORT", with: "\(port)") }
        try (lines.joined(separator: "\n") + "\n")
            .write(toFile: directory + "/conf.d/10-test.conf", atomically: true, encoding: .utf8)
        try start()
    }

    deinit { dispose() }

    /// What it logged.
    package var log: String {
        (try? String(contentsOfFile: directory + "/log/martlet-\(port)@localhost.log", encoding: .utf8)) ?? ""
    }

    package func start() throws {
        guard process == nil else { return }
        process = try TestProgram("/usr/bin/env", environment + [Self.folder + "/start"])
        // Eight seconds on a machine with nothing else to do; several start at once, beside the tests of other brokers.
        for _ in 0..<6_000 where !FreePort.accepts(port) { usleep(20_000) }
        guard FreePort.accepts(port) else {
            throw TestProgram.Failure(description: "RabbitMQ does not answer on port \(port): \(log.suffix(2_000))")
        }
    }

    /// Without a farewell, as a crash would.
    package func kill() {
        process?.killAndWait()
        process = nil
    }

    /// Stops and continues the process: it is there, and does not answer.
    package func signal(_ number: Int32) { process?.signal(number) }

    /// Runs a command of rabbitmqctl.
    package func control(_ arguments: String...) throws {
        let program = try TestProgram("/usr/bin/env", environment + [Self.folder + "/ctl"] + arguments)
        let status = program.wait()
        guard status == 0 else {
            throw TestProgram.Failure(description: "rabbitmqctl \(arguments) ended with \(status)")
        }
    }

    package func dispose() {
        kill()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static let folder: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return root.appending(path: "brokers/rabbitmq").path
    }()
}
