internal import HTTP
internal import Loop
internal import Messaging

/// `--wait`: asks a sidecar on this machine whether its API serves, until it does.
enum SidecarWait {
    static let limit: Duration = .seconds(60)
    static let interval: Duration = .milliseconds(100)

    static func run(port: UInt16) -> Int32 {
        Program.onShard("wait") {
            let loop = EventLoop.current
            let client = HTTPClient(origin: .tcp(host: "localhost", port: port), host: "localhost:\(port)", on: loop)
            defer { client.close() }
            let request = HTTPClientRequest(target: Array("/v1.0/healthz/outbound".utf8))
            let end = loop.now + limit
            var reason = "it was not asked"
            while loop.now < end {
                do throws(HTTPClientError) {
                    let response = try await client.response(to: request, deadline: loop.now + .seconds(1))
                    if (200..<300).contains(response.status) { return 0 }
                    reason = "status \(response.status)"
                } catch {
                    reason = error.reason
                }
                do { try await loop.sleep(for: interval) } catch { return 1 }
            }
            Console.tell("the sidecar on port \(port) did not become ready within 60 s: \(reason)\n")
            return 1
        }
    }
}
