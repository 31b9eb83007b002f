internal import CSQLite
internal import Glibc
package import Messaging

/// Where state lies on this machine: paths, directories, and what the file system under them promises.
package enum StateFile {
    /// `$XDG_STATE_HOME/martlet/<app-id>/<component>.db`, by default below `~/.local/state`. A slash in a name becomes an underscore.
    package static func defaultPath(appID: String, component: String) -> String {
        let home = environment("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        let base = home ?? (environment("HOME") ?? "/var/lib") + "/.local/state"
        return "\(base)/martlet/\(part(appID))/\(part(component)).db"
    }

    /// Makes the missing directories above a file, for this user alone.
    package static func makeDirectories(for path: String) throws(ComponentError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        var directory = ""
        for (index, part) in parts.enumerated() {
            directory += index == 0 ? String(part) : "/" + part
            guard !part.isEmpty, unsafe mkdir(directory, 0o700) != 0, errno != EEXIST else { continue }
            let code = errno
            // A directory above that exists but cannot be written (EROFS, EACCES) is none of our business.
            guard unsafe access(directory, F_OK) != 0 else { continue }
            throw systemError(
                "making the directory \(directory)", code: code, advice: "make it by hand or set another path")
        }
    }

    /// Whether the file lies in memory, where nothing outlives the machine.
    package static func isInMemory(_ path: String) -> Bool { unsafe martlet_is_in_memory(path) != 0 }

    /// The system's last error as the seam says it.
    static func systemError(_ action: String, code: Int32 = errno, advice: String) -> ComponentError {
        let text = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "unknown error"
        return ComponentError(
            code == ENOSPC || code == EDQUOT ? .full : .storage, action: action, reason: text + "; " + advice,
            nativeCode: Int(code))
    }

    private static func part(_ name: String) -> String {
        let name = String(name.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
        return name.isEmpty || name.hasPrefix(".") ? "_" + name : name
    }

    private static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }
}
