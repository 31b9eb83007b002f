internal import Glibc
internal import Messaging

/// The right to use a file alone, kept as an advisory lock on `<file>.lock` for as long as the process lives.
///
/// The lock file stays where it is: removing it would let two processes hold a lock each. It names its holder for whoever comes second.
final class FileLock {
    private var descriptor: Int32

    /// Takes the lock or throws `refused` with the holder's name. It does not wait.
    init(for path: String, owner: String) throws(ComponentError) {
        let lockPath = path + ".lock"
        descriptor = unsafe open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StateFile.systemError(
                "opening \(lockPath)", advice: "make the directory writable or set another path")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            let holder = Self.contents(of: descriptor)
            Glibc.close(descriptor)
            descriptor = -1
            guard reason == EWOULDBLOCK else {
                throw StateFile.systemError(
                    "locking \(lockPath)", code: reason, advice: "use a file system that can lock")
            }
            throw ComponentError(
                .refused, action: "opening \(path)",
                reason:
                    "it is in use by \(holder.isEmpty ? "another process" : holder); stop that one, give this one a path of "
                    + "its own, or let both publish through one gateway", nativeCode: Int(reason))
        }
        let text = Array("pid \(getpid()), \(owner)\n".utf8)
        guard ftruncate(descriptor, 0) == 0, unsafe pwrite(descriptor, text, text.count, 0) == text.count else {
            let reason = errno
            release()
            throw StateFile.systemError("writing \(lockPath)", code: reason, advice: "make room on the device")
        }
    }

    deinit { release() }

    /// Gives the file free. Twice is harmless.
    func release() {
        guard descriptor >= 0 else { return }
        // Closing alone is not enough: a child process that is just being started still has a copy of the descriptor.
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
        descriptor = -1
    }

    private static func contents(of descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = unsafe pread(descriptor, &bytes, bytes.count, 0)
        let line = bytes.prefix(max(count, 0)).prefix { $0 != 0x0A }
        return String(decoding: line.map { $0 < 0x20 || $0 > 0x7E ? 0x3F : $0 }, as: UTF8.self)
    }
}
