internal import Glibc

/// A descriptor that takes whole lines from any thread: the standard output, or a file that is appended to.
///
/// A line goes out with one system call (to a pipe or terminal, one for each 4 KiB). A reader that stands still does not hold up the
/// caller: the line is refused.
@safe package final class LineOutput: @unchecked Sendable {
    /// How long the rest of a line is waited for that the system took in part.
    private static let restLimit: Int32 = 100
    /// What a pipe takes without waiting once the poll says that it can be written.
    private static let piece = 4096

    /// The standard output of the process.
    package static let standard = LineOutput(descriptor: 1)
    /// The standard error of the process.
    package static let errors = LineOutput(descriptor: 2)

    private let descriptor: CInt
    private let mayBlock: Bool
    /// Keeps lines whole that are longer than what the kernel writes in one piece. It is held over the system call,
    /// which the poll before it keeps from waiting.
    private let lock = Lock()

    private init(descriptor: CInt) {
        self.descriptor = descriptor
        var status = stat()
        let kind = unsafe fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
        mayBlock = kind != S_IFREG
    }

    /// Opens a file for appending; it is made with mode 0640 where there is none.
    package static func append(to path: String) throws(LoopError) -> LineOutput {
        let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw LoopError("opening \(path)", code: -errno) }
        return LineOutput(descriptor: descriptor)
    }

    /// Whether it is a terminal.
    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Writes a line, with its line feed. From any thread; false when it was not taken, or not all of it.
    package func write(_ line: [UInt8]) -> Bool {
        lock.withLock {
            guard !mayBlock || isWritable(within: 0) else { return false }
            return unsafe line.withUnsafeBytes { unsafe writeAll($0) }
        }
    }

    /// Writes a text and waits for a reader that stands still. For commands, which have nothing else to do; from any thread.
    /// - Returns: false when nobody reads any more.
    package func writeWaiting(_ text: [UInt8]) -> Bool {
        lock.withLock {
            var rest = text[...]
            while !rest.isEmpty {
                guard !mayBlock || isWritable(within: -1) else { return false }
                let part = Array(rest.prefix(LineOutput.piece))
                guard unsafe part.withUnsafeBytes({ unsafe writeAll($0) }) else { return false }
                rest = rest.dropFirst(part.count)
            }
            return true
        }
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset < bytes.count {
            if mayBlock, offset > 0, !isWritable(within: LineOutput.restLimit) { return false }
            let rest = bytes.count - offset
            let count = unsafe Glibc.write(
                descriptor, bytes.baseAddress.map { unsafe $0 + offset }, mayBlock ? min(rest, LineOutput.piece) : rest)
            if count > 0 {
                offset += count
            } else if count == 0 || errno != EINTR {
                return false
            }
        }
        return true
    }

    private func isWritable(within milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let count = unsafe poll(&entry, 1, milliseconds)
        return count > 0 && entry.revents & Int16(POLLOUT) != 0
    }
}
