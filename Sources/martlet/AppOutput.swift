internal import Bytes
internal import Loop
internal import Messaging

/// Passes on what the app writes, line by line, each with a prefix. While the console does not take lines the app is not read, so it waits.
final class AppOutput {
    /// A longer line is broken there.
    static let longestLine = 64 * 1024
    /// How often a console that stands still is tried again.
    static let retryInterval: Duration = .milliseconds(20)

    private(set) var isOver = false
    private let prefix: [UInt8]
    private let console: LineOutput
    private let loop: EventLoop
    private var stream: ByteStream?
    private var line: [UInt8] = []
    /// Whole lines that the console has still to take.
    private var waiting: [[UInt8]] = []

    init(prefix: String, to console: LineOutput, on loop: EventLoop) {
        self.prefix = Array(prefix.utf8)
        self.console = console
        self.loop = loop
    }

    private func put(_ line: [UInt8]) {
        if waiting.isEmpty, console.write(line) { return }
        if waiting.isEmpty { stopAndRetry() }
        waiting.append(line)
    }

    private func stopAndRetry() {
        stream?.pauseReading()
        _ = loop.wake(at: loop.now + AppOutput.retryInterval, self, token: 0)
    }

    private func endLine() {
        line.append(0x0A)
        put(line)
        line = []
    }
}

extension AppOutput: Sleeper {
    func wake(_ token: UInt64) {
        while let line = waiting.first {
            guard console.write(line) else { return stopAndRetry() }
            waiting.removeFirst()
        }
        stream?.resumeReading()
    }
}

extension AppOutput: ChildOutput {
    func attach(_ stream: ByteStream) { self.stream = stream }

    func connected() {}

    /// One read is 64 KiB at most, so what waits is bounded by it.
    func received(_ bytes: RawSpan) {
        var offset = 0
        while offset < bytes.byteCount {
            if line.isEmpty { line = prefix }
            let feed = bytes.firstIndex(of: 0x0A, from: offset)
            let end = min(feed ?? bytes.byteCount, offset + AppOutput.longestLine - (line.count - prefix.count))
            line.append(bytes.extracting(offset..<end))
            offset = end
            if end == feed {
                offset += 1
                endLine()
            } else if line.count - prefix.count >= AppOutput.longestLine {
                endLine()
            }
        }
    }

    func receivedEnd() {
        if !line.isEmpty { endLine() }
        stream?.close()
    }

    func drained() {}

    func ended(_ reason: TransportEnd) { isOver = true }
}
