package import Loop
package import TLS

/// Where and as whom a connection is made.
package struct RabbitMQConnectionSettings: Sendable {
    /// The broker.
    package var endpoint: Endpoint
    package var virtualHost: String
    package var username: String
    /// It never gets into an error.
    package var password: String
    /// Whether the certificate says who we are, instead of user and password (SASL EXTERNAL).
    package var usesExternal: Bool
    /// How the connection is called in the broker's lists.
    package var name: String
    /// After half of it something is sent, after twice of it without a word the broker is taken for dead; the broker may ask for less. 0 is never.
    package var heartbeat: UInt16
    /// Certificates where TLS is used.
    package var tls: TLSContext?
    /// How long connecting, TLS and the greeting may take together.
    package var connectTimeout: Duration

    package init(
        endpoint: Endpoint, virtualHost: String = "/", username: String = "guest", password: String = "guest",
        usesExternal: Bool = false, name: String, heartbeat: UInt16 = 10, tls: TLSContext? = nil,
        connectTimeout: Duration = .seconds(20)
    ) {
        self.endpoint = endpoint
        self.virtualHost = virtualHost
        self.username = username
        self.password = password
        self.usesExternal = usesExternal
        self.name = name
        self.heartbeat = heartbeat
        self.tls = tls
        self.connectTimeout = connectTimeout
    }

    /// The host that a certificate must hold.
    var serverName: String? {
        if case .tcp(let host, _) = endpoint { return host }
        return nil
    }
}
