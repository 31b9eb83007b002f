internal import HTTP
internal import Loop
internal import Messaging

/// A client against a server, each on a shard of this process.
enum CallBenchmark {
    private final class Handler: HTTPHandler {
        func handle(_ exchange: HTTPExchange) { exchange.respond(204) }
    }

    private final class Caller: HTTPClientCompletion {
        let client: HTTPClient
        let request: HTTPClientRequest
        let loop: EventLoop
        var left: Int
        var open = 0
        var failures = 0

        init(_ client: HTTPClient, _ loop: EventLoop, total: Int) {
            self.client = client
            self.loop = loop
            left = total
            request = HTTPClientRequest(
                method: "POST", target: [UInt8]("/events/orders".utf8),
                fields: ["content-type": "application/cloudevents+json"], body: [UInt8](repeating: 0x78, count: 1024))
        }

        func next() {
            left -= 1
            open += 1
            client.send(request, deadline: loop.now + .seconds(60), completion: self)
        }

        func completed(_ result: HTTPClientResult, token: UInt64) {
            open -= 1
            if case .failure(let error) = result { failures += 1; if failures == 1 { print(error) } }
            if left > 0 { next() } else if open == 0 { loop.stop() }
        }
    }

    static func run(total: Int) {
        let serving = EventLoop()
        let server = HTTPServer(on: serving, handler: Handler())
        let port: UInt16
        do {
            port = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
        } catch {
            print("\(error)")
            return
        }
        let thread = NativeThread.start(name: "serving") { serving.run() }
        let loop = EventLoop()
        let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: port), host: "127.0.0.1", on: loop)
        let caller = Caller(client, loop, total: total)
        let start = ContinuousClock.now
        for _ in 0..<64 { caller.next() }
        loop.run()
        let took = ContinuousClock.now - start
        let seconds = Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
        print("\(Int(Double(total) / seconds)) requests/s, \(caller.failures) failed, \(client.statistics)")
        serving.stop()
        thread.join()
    }
}
