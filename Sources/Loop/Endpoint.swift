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
}
