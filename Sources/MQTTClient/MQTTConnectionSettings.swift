package import Loop
package import TLS

/// The version of the protocol.
package enum MQTTVersion: Sendable {
    /// MQTT 3.1.1.
    case v311
    /// MQTT 5.
    case v5
}

/// Where and as whom a connection is made.
package struct MQTTConnectionSettings: Sendable {
    /// The broker.
    package var endpoint: Endpoint
    package var version: MQTTVersion
    /// By which the broker knows the session.
    package var clientID: String
    package var username: String?
    /// It never gets into an error.
    package var password: String?
    /// Whether a session that the broker has is thrown away, and this one when the connection ends.
    package var isClean: Bool
    /// MQTT 5: for how many seconds the broker keeps the session without a connection; the largest number means for ever.
    package var sessionExpiry: UInt32
    /// MQTT 5: how many unacknowledged events the broker may send; 0 leaves it to the broker.
    package var receiveMaximum: UInt16
    /// A larger packet of the broker ends the connection. MQTT 5 tells the broker.
    package var packetSizeMaximum: Int
    /// Seconds after which either side takes a silent other one for dead.
    package var keepAlive: UInt16
    /// Certificates where TLS is used.
    package var tls: TLSContext?
    /// How long connecting, TLS and CONNECT may take together.
    package var connectTimeout: Duration

    package init(
        endpoint: Endpoint, version: MQTTVersion, clientID: String, username: String? = nil, password: String? = nil,
        isClean: Bool = true, sessionExpiry: UInt32 = 0, receiveMaximum: UInt16 = 0,
        packetSizeMaximum: Int = 64 << 20, keepAlive: UInt16 = 30, tls: TLSContext? = nil,
        connectTimeout: Duration = .seconds(20)
    ) {
        self.endpoint = endpoint
        self.version = version
        self.clientID = clientID
        self.username = username
        self.password = password
        self.isClean = isClean
        self.sessionExpiry = sessionExpiry
        self.receiveMaximum = receiveMaximum
        self.packetSizeMaximum = packetSizeMaximum
        self.keepAlive = keepAlive
        self.tls = tls
        self.connectTimeout = connectTimeout
    }

    /// The host that a certificate must hold.
    var serverName: String? {
        if case .tcp(let host, _) = endpoint { return host }
        return nil
    }
}

/// What a broker takes, as its CONNACK says.
package struct MQTTBrokerLimits: Sendable, Equatable {
    /// The highest QoS of a publish.
    package var qos: UInt8
    package var isRetainAvailable: Bool
    /// How many publishes may wait for their acknowledgement.
    package var inFlight: Int
    /// The largest packet; 0 where it does not say.
    package var packetSize: Int
    /// Seconds that the broker wants instead of ours; 0 where it takes ours.
    package var keepAlive: UInt16

    package init(
        qos: UInt8 = 2, isRetainAvailable: Bool = true, inFlight: Int = 65_535, packetSize: Int = 0,
        keepAlive: UInt16 = 0
    ) {
        self.qos = qos
        self.isRetainAvailable = isRetainAvailable
        self.inFlight = inFlight
        self.packetSize = packetSize
        self.keepAlive = keepAlive
    }
}
