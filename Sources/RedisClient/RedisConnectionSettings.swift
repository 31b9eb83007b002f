package import Loop
package import TLS

/// Where and as whom a connection is made.
package struct RedisConnectionSettings: Sendable {
    /// The server.
    package var endpoint: Endpoint
    /// The user of Redis' access lists; empty for the default user.
    package var username: String
    /// The password; empty where none is needed. It never gets into an error.
    package var password: String
    /// The number of the database.
    package var database: Int
    /// How the connection is called in `CLIENT LIST`; empty for none.
    package var clientName: String
    /// Certificates where TLS is used.
    package var tls: TLSContext?
    /// How long connecting, TLS and authentication may take together.
    package var connectTimeout: Duration

    package init(
        endpoint: Endpoint, username: String = "", password: String = "", database: Int = 0, clientName: String = "",
        tls: TLSContext? = nil, connectTimeout: Duration = .seconds(5)
    ) {
        self.endpoint = endpoint
        self.username = username
        self.password = password
        self.database = database
        self.clientName = clientName
        self.tls = tls
        self.connectTimeout = connectTimeout
    }

    /// The host that a certificate must hold.
    var serverName: String? {
        if case .tcp(let host, _) = endpoint { return host }
        return nil
    }
}
