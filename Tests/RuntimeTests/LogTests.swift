import Foundation
import Loop
import Observability
import Testing

/// Lets lines be written to a file under a clock that is moved.
final class LogFile: Sendable {
    let path = "/tmp/martlet-test-\(UInt64.random(in: 0 ... .max)).log"
    let time = Guarded<Int64>(1_767_366_245_000_000_007)

    func log(_ change: (inout LogSettings) -> Void = { _ in }) throws -> Log {
        var settings = LogSettings()
        settings.appID = "orders"
        settings.instance = "host-1"
        settings.version = "0.1.0"
        change(&settings)
        let time = time
        return Log(LogSink(settings, console: try LineOutput.append(to: path), clock: { time.withLock { $0 } }))
    }

    func lines() throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }

    deinit { unlink(path) }
}

@Suite struct LogTests {
    @Test func `a text line is logrus's, its fields in order of their names`() throws {
        let file = LogFile()
        try file.log().info(
            "HTTP API Called", [.useragent: "curl/8 (x)", .method: "POST /v1.0/publish/p/t", .code: 204, .size: 0])
        #expect(
            try file.lines() == [
                "time=\"2026-01-02T15:04:05.000000007Z\" level=info msg=\"HTTP API Called\" app_id=orders code=204 instance=host-1 "
                    + "method=\"POST /v1.0/publish/p/t\" scope=dapr.runtime size=0 type=log useragent=\"curl/8 (x)\" ver=0.1.0"
            ])
    }

    @Test func `a JSON line has the same keys`() throws {
        let file = LogFile()
        let log = try file.log { $0.format = .json }
        log.scoped("dapr.runtime.pubsub").warning(
            "a \"b\"\n", [.attempts: 3, .status: .flag(true), .duration: .number(1.5)])
        let line = try #require(file.lines().first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["msg"] as? String == "a \"b\"\n")
        #expect(object["level"] as? String == "warning")
        #expect(object["scope"] as? String == "dapr.runtime.pubsub")
        #expect(object["time"] as? String == "2026-01-02T15:04:05.000000007Z")
        #expect(object["attempts"] as? Int == 3)
        #expect(object["duration"] as? Double == 1.5)
        #expect(Set(object.keys).isSuperset(of: ["app_id", "instance", "type", "ver", "status"]))
    }

    @Test(arguments: [
        ("plain-word_1./@^+", "plain-word_1./@^+"), ("", ""), ("two words", "\"two words\""), ("a=b", "\"a=b\""),
        ("quote\"back\\", #""quote\"back\\""#), ("line\nlevel=fatal", #""line\nlevel=fatal""#),
        ("\u{1B}[31mred", #""\x1b[31mred""#), ("bell\u{7}\u{7F}", #""bell\a\x7f""#), ("grüße", "\"grüße\""),
        ("turn\u{202E}ed", #""turn\u202eed""#), ("c1\u{9B}31m", #""c1\u009b31m""#), ("sep\u{2028}", #""sep\u2028""#),
    ])
    func `a value cannot leave its line or reach the terminal`(value: String, written: String) throws {
        let file = LogFile()
        try file.log().info("m", [.reason: .text(value)])
        #expect(try file.lines().first?.contains(" reason=\(written) scope=") == true)
        let json = LogFile()
        try json.log { $0.format = .json }.info("m", [.reason: .text(value)])
        let line = try #require(json.lines().first)
        #expect(
            line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\u{7F}" && $0 != "\u{9B}" && $0 != "\u{202E}" })
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["reason"] as? String == value)
    }

    @Test func `a line below the level costs no message`() throws {
        let file = LogFile()
        let log = try file.log { $0.level = .warning }
        var made = 0
        func message() -> String {
            made += 1
            return "m"
        }
        log.debug(message())
        log.info(message(), [.count: .integer(made)])
        #expect(made == 0)
        log.warning(message())
        log.error(message())
        log.fatal(message())
        #expect(try file.lines().map { $0.contains("level=warning") } == [true, false, false])
        #expect(log.writes(.error) && !log.writes(.info))
    }

    @Test func `too many lines a second are dropped, counted and told, and a fatal one never is`() throws {
        let file = LogFile()
        let log = try file.log()
        for number in 0..<2_500 { log.info("line \(number)") }
        log.error("an error has room of its own")
        log.fatal("the end")
        #expect(try file.lines().count == 2_002)
        file.time.withLock { $0 += 1_000_000_000 }
        log.info("a new second")
        let last = try file.lines().suffix(2)
        #expect(last.first?.contains("level=warning msg=\"500 log lines were dropped") == true)
        #expect(last.last?.contains("msg=\"a new second\"") == true)
    }

    @Test func `a long value is cut`() throws {
        let file = LogFile()
        try file.log().info(String(repeating: "ä ", count: 100_000))
        let line = try #require(file.lines().first)
        #expect(line.utf8.count < 9_000 && line.contains("…\" app_id="))
    }

    @Test func `each line has the prefix on the console, and none in the file`() throws {
        let (console, file) = (LogFile(), LogFile())
        var settings = LogSettings()
        settings.prefix = "== MARTLET == "
        let sink = LogSink(
            settings, console: try LineOutput.append(to: console.path), file: try LineOutput.append(to: file.path))
        Log(sink).info("hello")
        #expect(try console.lines().first?.hasPrefix("== MARTLET == time=") == true)
        #expect(try file.lines().first?.hasPrefix("time=") == true)
        #expect(try file.lines().first?.contains("app_id") == false)
    }
}
