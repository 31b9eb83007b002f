internal import Messaging
internal import RedisClient
internal import TLS

extension RedisPubSubSettings {
    /// The settings of one connection.
    /// - Parameter role: what it is for, as `CLIENT LIST` shows it.
    func connection(for component: String, role: String, tls: TLSContext?) -> RedisConnectionSettings {
        // Redis takes no spaces and nothing that is not printable ASCII.
        let name = component.utf8.map { $0 > 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "_") }
        return RedisConnectionSettings(
            endpoint: endpoint, username: username, password: password, database: database,
            clientName: "martlet:\(String(decoding: name, as: UTF8.self)):\(role)", tls: tls,
            connectTimeout: connectTimeout)
    }

    /// Certificates where TLS is used. It reads files and costs 2.5 MB: once for a component, at its first attempt to connect.
    func tlsContext() throws(RedisFailure) -> TLSContext? {
        guard let tls else { return nil }
        do throws(TLSError) {
            return try TLSContext(.client, tls)
        } catch {
            throw RedisFailure(.tls, "\(error)", nativeCode: error.code)
        }
    }
}
