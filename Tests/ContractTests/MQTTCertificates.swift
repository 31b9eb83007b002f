import Foundation
import MessagingTesting
import TestServers

/// An authority with a certificate for localhost and one for a client, made by the `openssl` command in a folder of their own.
final class MQTTCertificates: Sendable {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "martlet-mqtt-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path("ca.key"), "-out", path("ca.pem"), "-subj",
            "/CN=ca", "-days", "30")
        try sign("server", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        try sign("client", "extendedKeyUsage=clientAuth")
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    func dispose() { try? FileManager.default.removeItem(at: folder) }

    private func sign(_ name: String, _ extensions: String) throws {
        try openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-keyout", path("\(name).key"), "-out", path("\(name).csr"),
            "-subj",
            "/CN=\(name)")
        try extensions.write(toFile: path("\(name).ext"), atomically: true, encoding: .utf8)
        try openssl(
            "x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
            "-CAcreateserial", "-out", path("\(name).pem"), "-extfile", path("\(name).ext"), "-days", "10")
    }

    private func openssl(_ arguments: String...) throws {
        guard TestProgram.run("/usr/bin/openssl", arguments) == 0 else {
            throw ContractViolation("openssl \(arguments) ended badly")
        }
    }
}
