/// Where a collector of spans listens: scheme, host, port and path of its URL.
package struct CollectorAddress: Sendable, Equatable, CustomStringConvertible {
    /// Why an address cannot be used.
    package struct Problem: Error, Equatable, CustomStringConvertible {
        package var description: String
    }

    package var isSecure: Bool
    /// Without brackets.
    package var host: String
    package var port: UInt16
    /// Path and query.
    package var target: String

    /// Reads a URL, or `host:port` where the scheme is known otherwise.
    /// - Parameters:
    ///   - isSecure: what counts where the text has no scheme; nil asks for one.
    ///   - path: what is requested where the text has no path.
    /// - Throws: what is wrong, without the text itself: it may hold a password.
    package init(_ text: String, isSecure: Bool?, path: String) throws(Problem) {
        var rest = text[...]
        if rest.hasPrefix("http://") {
            self.isSecure = false
            rest.removeFirst(7)
        } else if rest.hasPrefix("https://") {
            self.isSecure = true
            rest.removeFirst(8)
        } else {
            guard let isSecure else { throw Problem(description: "write it with http:// or https://") }
            self.isSecure = isSecure
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        target = slash == rest.endIndex ? path : String(rest[slash...])
        guard !authority.contains("@") else {
            throw Problem(description: "user and password in the address are not supported; use headers")
        }
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Problem(description: "the path holds characters that have to be escaped")
        }
        (host, port) = try CollectorAddress.place(authority, defaultPort: self.isSecure ? 443 : 80)
    }

    private static func place(_ text: Substring, defaultPort: UInt16) throws(Problem) -> (String, UInt16) {
        var host = text
        var port = defaultPort
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]"),
            text.first == "[" || text[..<colon].firstIndex(of: ":") == nil
        {
            guard let given = UInt16(text[text.index(after: colon)...]), given > 0 else {
                throw Problem(description: "the port is no number from 1 to 65535")
            }
            host = text[..<colon]
            port = given
        }
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 }) else {
            throw Problem(description: "it names no host")
        }
        return (String(host), port)
    }

    /// The value of the `Host` field.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// As logs show it: without the query, which may hold a key.
    package var description: String {
        "\(isSecure ? "https" : "http")://\(authority)\(target.prefix { $0 != "?" })"
    }
}
