internal import Glibc

/// Why a file or directory could not be read.
package struct FileError: Error, Sendable, Equatable {
    /// What was being read.
    package var path: String
    /// The system's number; zero where a bound of ours was exceeded.
    package var code: Int32
    /// The system's words in lower case, such as `no such file or directory`.
    package var reason: String

    package init(path: String, code: Int32, reason: String) {
        self.path = path
        self.code = code
        self.reason = reason
    }

    /// Whether there is nothing at the path.
    package var isMissing: Bool { code == ENOENT || code == ENOTDIR }

    /// Whether what was listed is no directory.
    package var isNoDirectory: Bool { code == ENOTDIR }
}

/// Reading of whole files and of directories. Every call blocks: it is for start and reload, never for the way of an event.
package enum FileSystem {
    /// One entry of a directory.
    package struct Entry: Sendable, Equatable {
        package var name: String
        /// Whether it is a directory itself; a link to one is not.
        package var isDirectory: Bool

        package init(name: String, isDirectory: Bool) {
            self.name = name
            self.isDirectory = isDirectory
        }
    }

    private static let chunk = 64 << 10

    /// The bytes of a file.
    ///
    /// - Parameter limit: the most bytes that are taken; a longer file is an error, and no more than the limit is read of it.
    /// - Throws: the system's reason, or that the file is longer than the limit.
    package static func readFile(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while true {
            let room = min(chunk, limit - bytes.count + 1)
            var code: Int32 = 0
            let part = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                var result = unsafe read(descriptor, buffer.baseAddress, room)
                while result < 0, errno == EINTR { result = unsafe read(descriptor, buffer.baseAddress, room) }
                if result < 0 { code = errno }
                count = max(0, result)
            }
            guard code == 0 else { throw systemError(path, code) }
            if part.isEmpty { return bytes }
            bytes += part
            guard bytes.count <= limit else {
                throw FileError(path: path, code: 0, reason: "longer than \(limit) bytes")
            }
        }
    }

    /// What a directory holds, sorted by the bytes of the names, without `.` and `..`.
    ///
    /// - Throws: the system's reason.
    package static func listDirectory(_ path: String) throws(FileError) -> [Entry] {
        guard let directory = unsafe opendir(path) else { throw systemError(path) }
        defer { unsafe closedir(directory) }
        var entries: [Entry] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(directory) else {
                guard errno == 0 else { throw systemError(path) }
                break
            }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            let isDirectory = unsafe isDirectory(path + "/" + name, type: entry.pointee.d_type)
            entries.append(Entry(name: name, isDirectory: isDirectory))
        }
        return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Whether something is at the path; a link counts by what it leads to.
    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    private static func isDirectory(_ path: String, type: UInt8) -> Bool {
        if type != UInt8(DT_UNKNOWN) { return type == UInt8(DT_DIR) }
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    private static func systemError(_ path: String, _ code: Int32 = errno) -> FileError {
        let text = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return FileError(path: path, code: code, reason: text.prefix(1).lowercased() + text.dropFirst())
    }
}
