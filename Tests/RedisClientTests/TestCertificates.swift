import Foundation
import TestServers

/// An authority and certificates of it, made by the `openssl` command in a folder that vanishes with them.
///
/// `server.pem` is for localhost and 127.0.0.1, `other.pem` for another host, `expired.pem` is over since 2020, `client.pem` is for a client;
/// `stranger.pem` is an authority that has signed none of them.
final class TestCertificates: Sendable {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "martlet-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try authority("ca")
        try authority("stranger")
        try sign("server", names: "DNS:localhost,IP:127.0.0.1")
        try sign("other", names: "DNS:elsewhere.example")
        try sign("client", names: "DNS:client")
        try sign("expired", names: "DNS:localhost,IP:127.0.0.1", years: 2020)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    private func authority(_ name: String) throws {
        try openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path("\(name).key"), "-out",
            path("\(name).pem"),
            "-subj", "/CN=\(name)", "-days", "30")
    }

    /// Only the command `ca` signs for a time that is over.
    private func sign(_ name: String, names: String, years: Int? = nil) throws {
        try openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-keyout", path("\(name).key"), "-out", path("\(name).csr"),
            "-subj",
            "/CN=\(name)")
        try "subjectAltName=\(names)".write(toFile: path("\(name).ext"), atomically: true, encoding: .utf8)
        guard let years else {
            return try openssl(
                "x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
                "-CAcreateserial",
                "-out", path("\(name).pem"), "-extfile", path("\(name).ext"), "-days", "10")
        }
        let configuration = """
            [ca]
            default_ca=c
            [c]
            database=\(path("index.txt"))
            new_certs_dir=\(folder.path)
            rand_serial=yes
            policy=p
            default_md=sha256
            [p]
            commonName=optional
            """
        try configuration.write(toFile: path("ca.cnf"), atomically: true, encoding: .utf8)
        try "".write(toFile: path("index.txt"), atomically: true, encoding: .utf8)
        try openssl(
            "ca", "-config", path("ca.cnf"), "-batch", "-notext", "-startdate", "\(years)0101000000Z", "-enddate",
            "\(years)0201000000Z", "-cert", path("ca.pem"), "-keyfile", path("ca.key"), "-in", path("\(name).csr"),
            "-out",
            path("\(name).pem"), "-extfile", path("\(name).ext"))
    }

    private func openssl(_ arguments: String...) throws {
        guard TestProgram.run("/usr/bin/openssl", arguments) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
