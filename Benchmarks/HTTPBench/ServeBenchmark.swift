internal import HTTP
internal import Loop

/// A server that answers everything with 204 and one field.
enum ServeBenchmark {
    private final class Handler: HTTPHandler {
        func handle(_ exchange: HTTPExchange) {
            exchange.respond(204) { $0.add("traceparent", "00-00000000000000000000000000000000-0000000000000000-00") }
        }
    }

    static func run(port: UInt16) {
        let loop = EventLoop()
        let server = HTTPServer(on: loop, handler: Handler())
        do {
            print("port \(try server.listen(on: .tcp(host: "127.0.0.1", port: port)))")
        } catch {
            print("\(error)")
            return
        }
        loop.run()
    }
}
