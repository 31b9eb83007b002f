/// Certificates and rules of one side.
///
/// Each certificate or key is PEM text, or the path of a file with it: what contains `-----BEGIN` is text.
package struct TLSSettings: Sendable, Equatable {
    /// Authorities that sign the peer's certificate; `nil` uses the system's on a client and asks for none on a server.
    package var authorities: String?
    /// The own certificate, followed by intermediate ones.
    package var certificate: String?
    /// The key of the own certificate.
    package var key: String?
    /// Whether the peer's certificate is verified. Without it a client is open to whoever sits in between.
    package var verifiesPeer: Bool

    package init(
        authorities: String? = nil, certificate: String? = nil, key: String? = nil, verifiesPeer: Bool = true
    ) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.verifiesPeer = verifiesPeer
    }
}

/// Which side of a handshake.
package enum TLSRole: Sendable {
    case client
    case server
}
