import Glibc

/// Ports of the loopback for servers of tests.
package enum FreePort {
    /// A port that no other test has, in this process or another, until this process ends.
    ///
    /// A test stops its server and starts it again on the same port: meanwhile nobody else may have it. So a port is reserved with an abstract
    /// Unix socket of its name, which the kernel releases with the process. Ports that the system gives to outgoing connections are left out:
    /// one of them might have it when the server wants it.
    package static func take() throws -> Int {
        for _ in 0..<1_000 {
            let port = Int.random(in: 15_000...32_000)
            guard let reservation = reserve(port) else { continue }
            if isFree(port) { return port }
            close(reservation)
        }
        throw TestProgram.Failure(description: "no free port")
    }

    /// Whether somebody listens on a port.
    package static func accepts(_ port: Int) -> Bool {
        guard let descriptor = connect(port) else { return false }
        close(descriptor)
        return true
    }

    /// A connection to a port, which the caller closes; nil where nobody listens.
    package static func connect(_ port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if with(port, { Glibc.connect(descriptor, $0, $1) }) == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    /// A socket that listens on a port of the loopback, which the caller closes.
    package static func listen(_ port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        if with(port, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 128) == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        return with(port) { bind(descriptor, $0, $1) } == 0
    }

    private static func reserve(_ port: Int) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let name = Array("martlet-test-port-\(port)".utf8)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // An abstract name begins with a zero byte and ends with its length.
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            for (index, byte) in name.enumerated() { path[index + 1] = byte }
        }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.count)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        if status == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    private static func with(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
