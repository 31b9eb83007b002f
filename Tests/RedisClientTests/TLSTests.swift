import Foundation
import Loop
import TestServers
import Testing

@testable import RedisClient
@testable import TLS

/// Certificates are made once: it takes a second.
enum Shared {
    static let certificates = Result { try TestCertificates() }
}

@Suite struct TLSSessionTests {
    let certificates: TestCertificates

    init() throws { certificates = try Shared.certificates.get() }

    /// Lets both sides talk until neither has more to say; the error is the client's.
    private func handshake(_ client: TLSSession, _ server: TLSSession) throws(TLSError) {
        for _ in 0..<10 {
            var toServer: [UInt8] = []
            let isDone = try client.advanceHandshake()
            client.takeOutput(into: &toServer)
            server.feed(toServer.span.bytes)
            var toClient: [UInt8] = []
            _ = try? server.advanceHandshake()
            server.takeOutput(into: &toClient)
            client.feed(toClient.span.bytes)
            if isDone, server.isOpen { return }
        }
    }

    private func server(_ name: String = "server", authorities: String? = nil) throws -> TLSSession {
        let settings = TLSSettings(
            authorities: authorities, certificate: try certificates.text("\(name).pem"),
            key: certificates.path("\(name).key"))
        return try TLSSession(TLSContext(.server, settings), serverName: nil)
    }

    private func client(_ name: String = "localhost", _ settings: TLSSettings? = nil) throws -> TLSSession {
        let settings = settings ?? TLSSettings(authorities: certificates.path("ca.pem"))
        return try TLSSession(TLSContext(.client, settings), serverName: name)
    }

    @Test(arguments: [0, 1, 16 * 1024, 16 * 1024 + 1, 1 << 20])
    func `bytes of any length pass in both directions`(count: Int) throws {
        let client = try client()
        let server = try server()
        try handshake(client, server)
        let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        for (from, to) in [(client, server), (server, client)] {
            try from.write(sent)
            var encrypted: [UInt8] = []
            from.takeOutput(into: &encrypted)
            to.feed(encrypted.span.bytes)
            var received: [UInt8] = []
            while try to.read({ span in
                for index in 0..<span.byteCount {
                    received.append(span.unsafeLoad(fromByteOffset: index, as: UInt8.self))
                }
            }) {}
            #expect(received == sent)
        }
    }

    @Test func `an IP address is checked against the certificate's addresses`() throws {
        let client = try client("127.0.0.1")
        try handshake(client, try server())
        #expect(client.isOpen)
        #expect(throws: TLSError.self) { try handshake(try self.client("127.0.0.2"), try server()) }
    }

    @Test(arguments: [
        ("server", "other.host", "ca.pem", "connect by a name that it holds"),
        ("expired", "localhost", "ca.pem", "renew the server's certificate"),
        ("server", "localhost", "stranger.pem", "give the certificate of the authority"),
        ("other", "localhost", "ca.pem", "connect by a name that it holds"),
    ])
    func `a certificate that is not accepted is told with what to do`(
        certificate: String, host: String, authority: String, advice: String
    ) throws {
        let client = try client(host, TLSSettings(authorities: certificates.path(authority)))
        let server = try server(certificate)
        let error = #expect(throws: TLSError.self) { try handshake(client, server) }
        #expect(error?.kind == .verification)
        #expect(error?.description.contains(advice) == true, "\(String(describing: error))")
        let careless = try self.client(host, TLSSettings(verifiesPeer: false))
        try handshake(careless, try self.server(certificate))
        #expect(careless.isOpen)
    }

    @Test func `a key that does not fit, a missing file and a missing half are refused`() throws {
        let pem = certificates.path("client.pem")
        for (settings, words) in [
            (TLSSettings(certificate: pem, key: certificates.path("server.key")), "the key must be the one"),
            (TLSSettings(certificate: "/no/such/file.pem", key: pem), "/no/such/file.pem"),
            (TLSSettings(certificate: pem), "no key"),
            (TLSSettings(key: pem), "no certificate"),
            (
                TLSSettings(authorities: "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n"),
                "reading the authorities"
            ),
        ] {
            let error = #expect(throws: TLSError.self) { try TLSContext(.client, settings) }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
    }

    @Test func `a server that asks for a certificate gets one, or says so`() throws {
        let authorities = certificates.path("ca.pem")
        let own = TLSSettings(
            authorities: authorities, certificate: try certificates.text("client.pem"),
            key: try certificates.text("client.key"))
        let client = try client("localhost", own)
        let server = try server(authorities: authorities)
        try handshake(client, server)
        #expect(client.isOpen && server.isOpen)
        let bare = try self.client()
        let strict = try self.server(authorities: authorities)
        try? handshake(bare, strict)
        #expect(!strict.isOpen)
    }

    @Test func `what is not TLS is told as such`() throws {
        let client = try client()
        _ = try client.advanceHandshake()
        client.feed(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8).span.bytes)
        let error = #expect(throws: TLSError.self) { try client.advanceHandshake() }
        #expect(error?.kind == .record)
        #expect(error?.advice.contains("does not speak TLS") == true)
    }
}

@Suite(.serialized) struct TLSConnectionTests {
    let certificates: TestCertificates

    init() throws { certificates = try Shared.certificates.get() }

    private func ping(
        _ server: RedisServer, _ settings: TLSSettings, host: String = "localhost", timeout: Duration = .seconds(30)
    ) async -> String {
        let port = server.port
        return await onShard {
            do {
                let context = try TLSContext(.client, settings)
                let connection = try await RedisConnection.open(
                    RedisConnectionSettings(
                        endpoint: .tcp(host: host, port: port), tls: context, connectTimeout: timeout),
                    on: EventLoop.current, owner: Owner())
                let large = String(repeating: "x", count: 300_000)
                _ = try await connection.call(["SET", "k", large], timeout: .seconds(30))
                let reply = try await connection.call(["GET", "k"], timeout: .seconds(30))
                connection.close()
                return reply.bytes?.count == 300_000 ? "good" : "\(reply)"
            } catch let error as RedisFailure {
                return "\(error.kind): \(error.reason)"
            } catch {
                return "\(error)"
            }
        }
    }

    @Test func `Redis is spoken to over TLS`() async throws {
        let server = try RedisServer(tls: certificates)
        let authorities = certificates.path("ca.pem")
        #expect(await ping(server, TLSSettings(authorities: authorities)) == "good")
        #expect(await ping(server, TLSSettings(authorities: authorities), host: "127.0.0.1") == "good")
        #expect(await ping(server, TLSSettings(verifiesPeer: false)) == "good")
        let unknown = await ping(server, TLSSettings(authorities: certificates.path("stranger.pem")))
        #expect(unknown.hasPrefix("tls") && unknown.contains("authority"), "\(unknown)")
    }

    @Test func `Redis that asks for a certificate gets one`() async throws {
        let server = try RedisServer(tls: certificates, asksForCertificates: true)
        let authorities = certificates.path("ca.pem")
        let own = TLSSettings(
            authorities: authorities, certificate: certificates.path("client.pem"), key: certificates.path("client.key")
        )
        #expect(await ping(server, own) == "good")
        let bare = await ping(server, TLSSettings(authorities: authorities))
        #expect(bare.contains("certificate"), "\(bare)")
    }

    @Test func `a port without TLS is told as such, and a TLS port without TLS too`() async throws {
        let plain = try RedisServer()
        let first = await ping(plain, TLSSettings(verifiesPeer: false), timeout: .milliseconds(300))
        #expect(first.contains("does the port speak TLS?"), "\(first)")
        let secure = try RedisServer(tls: certificates)
        let port = secure.port
        let second = await onShard { () -> String in
            do throws(RedisFailure) {
                _ = try await RedisConnection.open(
                    RedisConnectionSettings(endpoint: .tcp(host: "127.0.0.1", port: port)), on: EventLoop.current,
                    owner: Owner())
                return "connected"
            } catch {
                return error.reason
            }
        }
        #expect(second.contains("does the port want TLS (enableTLS)"), "\(second)")
    }

    @Test(arguments: ["-tls1_2", "-tls1_3", "-tls1_1"])
    func `openssl s_server is spoken to from TLS 1 point 2 on`(version: String) async throws {
        let port = UInt16(try FreePort.take())
        // With -rev it answers each line reversed.
        let process = try TestProgram(
            "/usr/bin/openssl",
            [
                "s_server", "-accept", "\(port)", "-cert", certificates.path("server.pem"), "-key",
                certificates.path("server.key"), "-rev", version,
            ] + (version == "-tls1_1" ? ["-cipher", "DEFAULT@SECLEVEL=0"] : []))
        defer { process.killAndWait() }
        for _ in 0..<200 where !FreePort.accepts(Int(port)) { usleep(10_000) }
        let authorities = certificates.path("ca.pem")
        let answer = await onShard { () -> String in
            let loop = EventLoop.current
            let caller = LineCaller()
            guard let context = try? TLSContext(.client, TLSSettings(authorities: authorities)),
                let stream = try? TLSStream.connect(
                    to: .tcp(host: "127.0.0.1", port: port), serverName: "localhost", context: context, on: loop,
                    delegate: caller)
            else { return "no stream" }
            caller.stream = stream
            // Written before the handshake is done: it waits.
            var line = Array("abc\n".utf8)
            stream.write(&line)
            for _ in 0..<300 where caller.answer.last != 0x0A && caller.end == nil {
                try? await loop.sleep(for: .milliseconds(10))
            }
            stream.closeAfterWriting()
            for _ in 0..<300 where caller.end == nil { try? await loop.sleep(for: .milliseconds(10)) }
            if let failure = stream.failure { return "\(failure)" }
            return String(decoding: caller.answer, as: UTF8.self)
        }
        if version == "-tls1_1" {
            #expect(answer.contains("TLS 1.2"), "\(answer)")
        } else {
            #expect(answer == "cba\n")
        }
    }
}

/// Collects what comes.
final class LineCaller: TransportDelegate {
    var stream: TLSStream?
    var answer: [UInt8] = []
    var end: TransportEnd?
    func connected() {}
    func received(_ bytes: RawSpan) {
        for index in 0..<bytes.byteCount { answer.append(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)) }
    }
    func receivedEnd() { stream?.close() }
    func drained() {}
    func ended(_ reason: TransportEnd) { end = reason }
}
