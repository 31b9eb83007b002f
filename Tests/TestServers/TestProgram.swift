import Glibc

/// A program that a test starts: a server of its own, `openssl`, `mount`.
///
/// Foundation's Process is not used: with many open descriptors, which tests of brokers have, it reads past the end of its list of them
/// (AddressSanitizer says so, and once in a while the tests ended with signal 11). The child inherits no descriptor but the three standard ones;
/// what it prints goes nowhere unless it is asked for.
package final class TestProgram {
    package let processIdentifier: pid_t
    private var status: Int32?

    /// Starts it.
    /// - Parameters:
    ///   - program: its whole path.
    ///   - output: where its standard output goes; nowhere by default.
    ///   - dies: the kernel kills it when the thread that started it ends, also where the test is killed.
    package init(
        _ program: String, _ arguments: [String], output: Int32? = nil, diesWithParent dies: Bool = true
    ) throws {
        let words = (dies ? ["/usr/bin/setpriv", "--pdeathsig", "KILL", program] : [program]) + arguments
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        guard let closeFrom = Self.closeFrom else {
            throw Failure(description: "this C library cannot close descriptors")
        }
        _ = closeFrom(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What the tests ignore or block is nothing that a server should inherit.
        var all = sigset_t()
        sigfillset(&all)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var child: pid_t = 0
        let arguments = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        let error = posix_spawn(&child, words[0], &actions, &attributes, arguments, environ)
        guard error == 0 else { throw Failure(description: "\(program): \(String(cString: strerror(error)))") }
        processIdentifier = child
    }

    deinit { killAndWait() }

    /// `posix_spawn_file_actions_addclosefrom_np` of glibc 2.34 and later, which Swift's module of glibc does not show.
    private static var closeFrom: CloseFrom? {
        dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map { unsafeBitCast($0, to: CloseFrom.self) }
    }

    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

    /// Sends it a signal, if it has not been waited for.
    package func signal(_ number: Int32) {
        if status == nil { kill(processIdentifier, number) }
    }

    /// SIGKILL, and waits for its end.
    package func killAndWait() {
        signal(SIGKILL)
        wait()
    }

    /// Waits for its end.
    /// - Returns: what it ended with, or minus the signal that ended it.
    @discardableResult
    package func wait() -> Int32 {
        if let status { return status }
        var word: Int32 = 0
        while waitpid(processIdentifier, &word, 0) < 0 && errno == EINTR {}
        let number = word & 0x7F
        let result = number == 0 ? (word >> 8) & 0xFF : -number
        status = result
        return result
    }

    /// Runs a program to its end.
    /// - Returns: what it ended with; -1 where it could not be started.
    @discardableResult
    package static func run(_ program: String, _ arguments: [String]) -> Int32 {
        (try? TestProgram(program, arguments, diesWithParent: false))?.wait() ?? -1
    }

    /// What a program prints, without white space at its ends; nil where it could not be started.
    package static func output(_ program: String, _ arguments: [String]) -> String? {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        defer { close(ends[0]) }
        let child = try? TestProgram(program, arguments, output: ends[1], diesWithParent: false)
        close(ends[1])
        guard let child else { return nil }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(ends[0], &piece, piece.count)
            if count > 0 { bytes += piece[..<count] } else if count == 0 || errno != EINTR { break }
        }
        child.wait()
        let text = String(decoding: bytes, as: UTF8.self)
        let first = text.firstIndex { !$0.isWhitespace } ?? text.endIndex
        let last = text.lastIndex { !$0.isWhitespace }.map(text.index(after:)) ?? first
        return String(text[first..<last])
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }
}
