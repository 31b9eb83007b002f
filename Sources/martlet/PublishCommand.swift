internal import Bytes
internal import HTTP
internal import Loop
internal import Messaging
internal import Runtime

/// `martlet publish`: one event through a running sidecar.
enum PublishCommand {
    /// Data of this size goes through a sidecar with default limits.
    static let longestData = 64 << 20
    static let timeout: Duration = .seconds(30)

    static var usage: String { HelpText.publish + OptionUsage.text(PublishOptions.flags) }

    static func run(_ arguments: [String], environment: [String: String]) -> Int32 {
        do throws(OptionError) {
            let options = try PublishOptions.parse(arguments, environment: environment)
            let data = try read(options.source)
            return Program.onShard("publish") { await send(data, options) }
        } catch {
            switch error {
            case .usage(let reason): return Console.refuse("martlet publish: \(reason)", usage: usage)
            case .helpWanted:
                Console.print(usage)
                return 0
            case .fatal(let message): return fail(message)
            }
        }
    }

    private static func read(_ source: PublishOptions.Source) throws(OptionError) -> [UInt8] {
        switch source {
        case .argument(let text): return Array(text.utf8)
        case .file(let path):
            do throws(FileError) {
                return try FileSystem.readFile(path, limit: longestData)
            } catch {
                throw .fatal("reading \(path): \(error.reason)")
            }
        }
    }

    private static func send(_ data: [UInt8], _ options: PublishOptions) async -> Int32 {
        let loop = EventLoop.current
        let origin = options.socketPath.map { Endpoint.unix(path: $0) } ?? .tcp(host: "127.0.0.1", port: options.port)
        let client = HTTPClient(origin: origin, host: "localhost", on: loop)
        defer { client.close() }
        var fields: HTTPFieldBlock = ["User-Agent": "martlet/\(Version.current)"]
        fields.add("Content-Type", options.contentType(of: data))
        if let token = options.apiToken { fields.add("dapr-api-token", token) }
        let request = HTTPClientRequest(method: "POST", target: options.target, fields: fields, body: data)
        do throws(HTTPClientError) {
            let response = try await client.response(to: request, deadline: loop.now + timeout)
            guard (200..<300).contains(response.status) else {
                let reason = PublishOptions.reason(in: response.body)
                return fail("topic \(options.topic) of \(options.pubsub): \(response.status) \(reason)")
            }
            Console.print("published to topic \(options.topic) of \(options.pubsub)\n")
            return 0
        } catch {
            if error.code == .connectFailed || error.code == .connectTimeout {
                return fail(
                    "no sidecar answers at \(origin): \(error); start one with martlet run, or name its port with --dapr-http-port"
                )
            }
            return fail("calling the sidecar at \(origin): \(error)")
        }
    }

    private static func fail(_ reason: String) -> Int32 {
        Console.tell("martlet publish: \(reason)\n")
        return 1
    }
}
