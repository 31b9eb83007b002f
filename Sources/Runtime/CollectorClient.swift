internal import HTTP
internal import Loop
internal import Observability

/// The HTTP client of one collector of spans, over TLS where its address says so; its certificate is verified with the system's authorities.
enum CollectorClient {
    static func make(_ address: CollectorAddress, settings: HTTPClientSettings, on loop: EventLoop) -> HTTPClient {
        let origin = Endpoint.tcp(host: address.host, port: address.port)
        guard address.isSecure else {
            return HTTPClient(origin: origin, host: address.authority, on: loop, settings: settings)
        }
        return HTTPClient(
            origin: origin, host: address.authority, security: HTTPClientSecurity(serverName: address.host), on: loop,
            settings: settings)
    }
}
