import Foundation
import Loop
import Testing

/// Collects what a child writes.
final class Collector: ChildOutput {
    var bytes: [UInt8] = []
    var isOver = false
    private var stream: ByteStream?
    var text: String { String(decoding: bytes, as: UTF8.self) }
    func attach(_ stream: ByteStream) { self.stream = stream }
    func connected() {}
    func received(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { self.bytes.append(contentsOf: $0) }
    }
    func receivedEnd() { stream?.close() }
    func drained() {}
    func ended(_ reason: TransportEnd) { isOver = true }
}

/// Waits on the shard, for some seconds at most.
func eventually(_ condition: () -> Bool) async {
    for _ in 0..<2_000 where !condition() { try? await EventLoop.current.sleep(for: .milliseconds(5)) }
}

@Suite struct ChildProcessTests {
    struct Outcome: Sendable {
        var exit: ChildProcess.Exit?
        var output = ""
        var errors = ""
        var refusal: LoopError?
    }

    func run(_ launch: ChildProcess.Launch, killedBy signal: Int32? = nil) async -> Outcome {
        let shard = Shard(name: "test")
        let outcome = await shard.run { () -> Outcome in
            let (output, errors) = (Collector(), Collector())
            var outcome = Outcome()
            do throws(LoopError) {
                let child = try ChildProcess.start(launch, output: output, errors: errors, on: EventLoop.current) {
                    outcome.exit = $0
                }
                if let signal { child.kill(signal) }
                await eventually { outcome.exit != nil && output.isOver && errors.isOver }
                #expect(child.exit == outcome.exit)
                #expect(!child.kill(SIGTERM))
            } catch {
                outcome.refusal = error
            }
            (outcome.output, outcome.errors) = (output.text, errors.text)
            return outcome
        }
        shard.stop()
        shard.join()
        return outcome
    }

    @Test func `output, errors, status, environment and directory of a child are as asked for`() async {
        let launch = ChildProcess.Launch(
            ["sh", "-c", "echo out $GREETING; pwd; echo err >&2; exit 7"],
            environment: ["GREETING": "hello = you", "PATH": "/usr/bin:/bin"], directory: "/")
        let outcome = await run(launch)
        #expect(outcome.exit == .status(7))
        #expect(outcome.exit?.shellStatus == 7)
        #expect(outcome.output == "out hello = you\n/\n")
        #expect(outcome.errors == "err\n")
    }

    @Test func `more output than a pipe holds arrives whole`() async {
        let outcome = await run(.init(["sh", "-c", "head -c 3000000 /dev/zero"]))
        #expect(outcome.output.utf8.count == 3_000_000)
        #expect(outcome.exit == .status(0))
    }

    @Test func `a child that a signal ends says which`() async {
        let outcome = await run(.init(["sleep", "60"]), killedBy: SIGTERM)
        #expect(outcome.exit == .signal(SIGTERM))
        #expect(outcome.exit?.shellStatus == 143)
    }

    @Test(arguments: [["/no/such/program"], ["no-such-program-anywhere"]])
    func `an unknown program is refused with the system's reason`(arguments: [String]) async {
        let outcome = await run(.init(arguments))
        #expect(outcome.refusal?.code == -ENOENT)
        #expect(outcome.refusal?.description == "starting \(arguments[0]): no such file or directory (-2)")
        #expect(outcome.exit == nil)
    }

    @Test func `an unknown directory and an empty command are refused`() async {
        #expect(await run(.init(["true"], directory: "/no/such/directory")).refusal != nil)
        #expect(await run(.init([])).refusal != nil)
    }
}
