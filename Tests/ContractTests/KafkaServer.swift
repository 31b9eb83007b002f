import CRDKafka
import Foundation
import Glibc
import MessagingTesting
import TestServers

/// One Kafka node of our own on free ports, from the distribution that `KAFKA_HOME` names; one for the whole test process, started when first needed.
///
/// `KAFKA_HOME` holds a program `run DIR PORT [PROPERTY=VALUE …]` that keeps one node in the foreground, with its data in DIR (brokers/kafka/README.md).
final class KafkaServer: @unchecked Sendable {
    static let home = ProcessInfo.processInfo.environment["KAFKA_HOME"] ?? ""
    /// Why no test with Kafka runs, `nil` where they do.
    static let absence: String? = {
        if home.isEmpty { return "KAFKA_HOME is not set" }
        let program = home + "/run"
        return FileManager.default.isExecutableFile(atPath: program) ? nil : "there is no program \(program)"
    }()
    /// Starting one takes seconds, so that tests share it; a test that stops it starts it again.
    static let shared = Result { try KafkaServer() }

    let port: Int
    /// A way to the same node that can go silent: the node names it to who comes by it.
    let link: Link
    private let directory: String
    private let controllerPort: Int
    private let linkedPort: Int
    private var program: TestProgram?

    private init() throws {
        port = try FreePort.take()
        controllerPort = try FreePort.take()
        linkedPort = try FreePort.take()
        link = try Link(to: linkedPort)
        directory = NSTemporaryDirectory() + "martlet-kafka-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        // The data goes with the process; the server by the parent's death.
        let path = directory
        Self.directoryToRemove.withLock { $0 = path }
        atexit { KafkaServer.removeDirectory() }
        try start()
    }

    private static let directoryToRemove = LockedText()

    private static func removeDirectory() {
        let path = directoryToRemove.withLock { $0 }
        if case .success(let server) = shared { server.kill() }
        try? FileManager.default.removeItem(atPath: path)
    }

    func start() throws {
        guard program == nil else { return }
        let arguments = [
            directory, "\(port)", "message.max.bytes=10485760", "replica.fetch.max.bytes=10485760",
            "group.min.session.timeout.ms=1000", "controller.quorum.voters=1@127.0.0.1:\(controllerPort)",
            "listeners=PLAINTEXT://127.0.0.1:\(port),LINK://127.0.0.1:\(linkedPort),CONTROLLER://127.0.0.1:\(controllerPort)",
            "advertised.listeners=PLAINTEXT://127.0.0.1:\(port),LINK://127.0.0.1:\(link.port)",
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,LINK:PLAINTEXT",
        ]
        // The server ends with the thread that started it, also where the tests are killed: this one lives as long as they do.
        let starting = Starting()
        Thread {
            starting.result = Result { try TestProgram(Self.home + "/run", arguments) }
            starting.isDone.signal()
            while true { sleep(3_600) }
        }.start()
        starting.isDone.wait()
        program = try starting.result?.get()
        // Three seconds on a machine with nothing else to do; the tests of other brokers start beside it.
        for _ in 0..<2_400 where !answers() { usleep(50_000) }
        guard answers() else { throw ContractViolation("Kafka does not answer on port \(port)") }
    }

    private final class Starting: @unchecked Sendable {
        let isDone = DispatchSemaphore(value: 0)
        var result: Result<TestProgram, any Error>?
    }

    /// Makes a topic.
    func makeTopic(_ name: String, partitions: Int32) throws {
        let conf = rd_kafka_conf_new()
        var text = [CChar](repeating: 0, count: 256)
        rd_kafka_conf_set(conf, "bootstrap.servers", "127.0.0.1:\(port)", &text, text.count)
        guard let kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &text, text.count) else {
            throw ContractViolation("no connection to make a topic with")
        }
        defer { rd_kafka_destroy(kafka) }
        var topic = rd_kafka_NewTopic_new(name, partitions, 1, &text, text.count)
        defer { rd_kafka_NewTopic_destroy(topic) }
        let queue = rd_kafka_queue_new(kafka)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_CreateTopics(kafka, &topic, 1, nil, queue)
        let event = rd_kafka_queue_poll(queue, 10_000)
        defer { rd_kafka_event_destroy(event) }
        guard event != nil, rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw ContractViolation("topic \(name) was not made")
        }
        // Without a leader a partition gets no records.
        for _ in 0..<200 where !hasLeaders(kafka, name, partitions) { usleep(10_000) }
    }

    private func hasLeaders(_ kafka: OpaquePointer, _ name: String, _ count: Int32) -> Bool {
        let topic = rd_kafka_topic_new(kafka, name, nil)
        defer { rd_kafka_topic_destroy(topic) }
        var metadata: UnsafePointer<rd_kafka_metadata>?
        guard rd_kafka_metadata(kafka, 0, topic, &metadata, 5_000) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let found = metadata?.pointee
        else { return false }
        defer { rd_kafka_metadata_destroy(metadata) }
        guard found.topic_cnt == 1, found.topics[0].partition_cnt == count else { return false }
        return (0..<Int(count)).allSatisfy { found.topics[0].partitions[$0].leader >= 0 }
    }

    /// Without a farewell, as a crash would.
    func kill() {
        program?.killAndWait()
        program = nil
    }

    /// Whether it answers a request for its API versions.
    func answers() -> Bool {
        guard let descriptor = FreePort.connect(port) else { return false }
        defer { close(descriptor) }
        let request: [UInt8] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF]
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return false }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var answer = [UInt8](repeating: 0, count: 16)
        return recv(descriptor, &answer, answer.count, 0) >= 8
    }
}

/// A text behind a lock, for what is put away at the end of the process.
final class LockedText: @unchecked Sendable {
    private let lock = NSLock()
    private var text = ""

    func withLock<R>(_ body: (inout String) -> R) -> R {
        lock.lock()
        defer { lock.unlock() }
        return body(&text)
    }
}
