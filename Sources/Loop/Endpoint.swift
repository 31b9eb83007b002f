/// Where a socket listens or connects to.
package enum Endpoint: Sendable, Equatable, CustomStringConvertible {
    /// A host name or address, and a port; port 0 listens on a free one.
    case tcp(host: String, port: UInt16)
    /// A path in the file system.
    case unix(path: String)

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix://\(path)"
        }
    }

    /// The most bytes of a socket's path: the system's structure has 108, one of them for the end. libuv would cut a longer one in silence.
    package static let pathLimit = 107

    /// Whether it is a path that is too long for a socket.
    var isOverlong: Bool {
        if case .unix(let path) = self { return path.utf8.count > Endpoint.pathLimit }
        return false
    }
}
