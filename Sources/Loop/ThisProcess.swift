internal import CUV
internal import Glibc

/// What the operating system knows about the running process.
package enum ThisProcess {
    /// The environment variables; of a name that occurs twice, the first value.
    package static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var next = unsafe environ
        while let entry = unsafe next.pointee {
            let text = unsafe String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                let name = String(text[..<equals])
                if variables[name] == nil { variables[name] = String(text[text.index(after: equals)...]) }
            }
            unsafe next += 1
        }
        return variables
    }

    /// The name of the host, `localhost` where the system tells none.
    package static func hostName() -> String {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            let found = unsafe start.withMemoryRebound(to: CChar.self, capacity: 256) {
                unsafe gethostname($0, 255) == 0
            }
            unsafe buffer[255] = 0
            count = found ? unsafe buffer.firstIndex(of: 0) ?? 0 : 0
        }
        return bytes.isEmpty ? "localhost" : String(decoding: bytes, as: UTF8.self)
    }

    /// The number of the process.
    package static var id: Int32 { getpid() }

    /// The wall clock, in nanoseconds since 1970. From any thread.
    package static func wallClock() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Whether the terminal sends its signals (Ctrl-C) to our process group, so to our children too.
    package static var isInForeground: Bool { isatty(0) == 1 && tcgetpgrp(0) == getpgrp() }

    /// Makes a write to a closed pipe or socket, or beyond the allowed size of a file, an error instead of a signal that ends the process.
    /// Called once, at the start of the program.
    package static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// How many descriptors the process may have open.
    package static var descriptorLimit: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the limit on open descriptors as far as the system allows without asking. Children inherit it, so a process that starts
    /// programs of others leaves it alone: some of them cannot do with descriptors above 1023.
    package static func raiseDescriptorLimit() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
        guard unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(resource, &limit)
    }

    /// The version of libuv that is linked.
    package static var libuvVersion: String { unsafe String(cString: uv_version_string()) }
}
