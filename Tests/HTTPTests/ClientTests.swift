import Bytes
import HTTP
import Loop
import Messaging
import Testing

/// Runs a test's body on a shard of its own; it returns what is compared.
private func onShard<R: Sendable>(_ body: @escaping @Sendable (EventLoop) async -> R) async -> R {
    let shard = Shard(name: "http-client-test")
    defer { shard.stop() }
    let loop = shard.loop
    return await shard.run { await body(loop) }
}

private func client(
    _ loop: EventLoop, _ port: UInt16, _ change: (inout HTTPClientSettings) -> Void = { _ in }
) -> HTTPClient {
    var settings = HTTPClientSettings()
    change(&settings)
    return HTTPClient(origin: .tcp(host: "127.0.0.1", port: port), host: "h:1", on: loop, settings: settings)
}

@Suite struct ClientTests {
    @Test func `a request is written as it should be and its response comes back`() async {
        let outcome = await onShard { loop in
            let origin = Origin(on: loop) { connection, _, _ in connection.ok("hello") }
            let client = client(loop, origin.listen())
            let results = Results()
            var first = request("/a?b", method: "POST", body: "data")
            first.fields = ["content-type": "text/plain"]
            client.send(first, deadline: nil, completion: results, token: 7)
            await loop.until { results.texts.count == 1 }
            client.send(request("/c"), deadline: nil, completion: results, token: 8)
            await loop.until { results.texts.count == 2 }
            client.close()
            origin.stop()
            return (results.texts, results.tokens, origin.requests, origin.connections.count)
        }
        #expect(outcome.0 == ["200 hello", "200 hello"])
        #expect(outcome.1 == [7, 8])
        #expect(
            outcome.2 == [
                "POST /a?b HTTP/1.1\r\nHost: h:1\r\ncontent-type: text/plain\r\nContent-Length: 4\r\n\r\ndata",
                "GET /c HTTP/1.1\r\nHost: h:1\r\n\r\n",
            ])
        #expect(outcome.3 == 1)
    }

    @Test func `client and server speak to each other`() async throws {
        let server = await TestServer()
        let port = server.port
        let outcome = await onShard { loop -> [String] in
            let client = client(loop, port)
            var texts: [String] = []
            let requests = [
                request("/x"), request("/y", method: "POST", body: "body"), request("/204"),
                request("/stream"), request("/z", method: "HEAD"), request("/later20"),
            ]
            for request in requests {
                do {
                    let response = try await client.response(to: request, deadline: loop.now + .seconds(3))
                    texts.append("\(response.status) " + String(decoding: response.body, as: UTF8.self))
                } catch { texts.append("\(error)") }
            }
            texts.append("\(client.openConnectionCount) \(client.statistics.opened)")
            await client.drain(within: .seconds(1))
            texts.append("\(client.openConnectionCount)")
            return texts
        }
        #expect(outcome == ["200 /x", "200 body", "204 ", "200 aaaaaaaaaaaa", "200 ", "200 /later20", "1 1", "0"])
    }

    @Test func `requests beyond the bound on connections wait and those beyond that bound are refused`() async {
        let outcome = await onShard { loop in
            let origin = Origin(on: loop) { connection, _, _ in
                _ = loop.wake(at: loop.now + .milliseconds(20), Answer(connection), token: 0)
            }
            let client = client(loop, origin.listen()) {
                $0.connections = 2
                $0.waiting = 4
            }
            let results = Results()
            for token in 0..<6 {
                client.send(request("/\(token)"), deadline: nil, completion: results, token: UInt64(token))
            }
            let before = results.texts.count
            await loop.until { results.texts.count == 6 }
            let opened = origin.connections.count
            client.close()
            origin.stop()
            return (before, results.texts, results.tokens, opened, client.statistics.overloaded)
        }
        #expect(outcome.0 == 0)
        #expect(outcome.1 == ["overloaded", "overloaded", "200 x", "200 x", "200 x", "200 x"])
        #expect(Set(outcome.2.prefix(2)) == [4, 5])
        #expect(Set(outcome.2) == Set(0..<6))
        #expect(outcome.3 == 2)
        #expect(outcome.4 == 2)
    }

    @Test func `the connection used last is used next`() async {
        let used = await onShard { loop in
            let origin = Origin(on: loop) { connection, number, _ in connection.ok("\(number)") }
            let client = client(loop, origin.listen())
            let results = Results()
            for _ in 0..<3 { client.send(request("/"), deadline: nil, completion: results) }
            await loop.until { results.texts.count == 3 }
            let last = results.texts[2]
            for _ in 0..<3 {
                client.send(request("/"), deadline: nil, completion: results)
                let count = results.texts.count
                await loop.until { results.texts.count == count + 1 }
            }
            client.close()
            origin.stop()
            return Set(results.texts.dropFirst(3)) == [last]
        }
        #expect(used)
    }

    @Test func `a request that is not answered in time ends with its deadline`() async {
        let outcome = await onShard { loop in
            let origin = Origin(on: loop) { _, _, _ in }
            let client = client(loop, origin.listen()) { $0.connections = 1 }
            let results = Results()
            let start = loop.now
            client.send(request("/a"), deadline: loop.now + .milliseconds(60), completion: results, token: 1)
            client.send(request("/b"), deadline: loop.now + .milliseconds(30), completion: results, token: 2)
            client.send(request("/c"), deadline: loop.now, completion: results, token: 3)
            await loop.until { results.texts.count == 3 }
            let took = loop.now.elapsed(since: start)
            await loop.until { origin.connections.allSatisfy(\.isOver) }
            client.close()
            origin.stop()
            return (results.texts, results.tokens, took)
        }
        #expect(outcome.0 == ["timeout", "timeout", "timeout perhaps"])
        #expect(outcome.1 == [3, 2, 1])
        #expect(outcome.2 >= .milliseconds(60) && outcome.2 < .milliseconds(500))
    }

    @Test func `an origin that is not there is told`() async {
        let outcome = await onShard { loop in
            let origin = Origin(on: loop) { _, _, _ in }
            let port = origin.listen()
            origin.stop()
            await loop.pause(5)
            let client = client(loop, port) { $0.connections = 2 }
            let results = Results()
            for _ in 0..<5 { client.send(request("/"), deadline: nil, completion: results) }
            await loop.until { results.texts.count == 5 }
            await client.drain(within: .seconds(1))
            return (results.texts, client.openConnectionCount)
        }
        #expect(outcome.0 == Array(repeating: "connectFailed", count: 5))
        #expect(outcome.1 == 0)
    }

    struct Ending: CustomStringConvertible, Sendable {
        var description: String
        var answer: String
        var closes: Bool
        var result: String
    }

    static let endings = [
        Ending(description: "end before an answer", answer: "", closes: true, result: "connectionLost perhaps"),
        Ending(description: "end in a head", answer: "HTTP/1.1 200", closes: true, result: "connectionLost perhaps"),
        Ending(
            description: "end in a body", answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", closes: true,
            result: "connectionLost perhaps"),
        Ending(description: "until the end", answer: "HTTP/1.1 200 OK\r\n\r\nall", closes: true, result: "200 all"),
        Ending(
            description: "no HTTP", answer: "SSH-2.0-OpenSSH\r\n", closes: false, result: "protocolViolation perhaps"),
        Ending(
            description: "too large", answer: "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", closes: false,
            result: "responseTooLarge perhaps"),
        Ending(
            description: "interim first", answer: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
            closes: false, result: "204 "),
        Ending(
            description: "chunks", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            closes: false, result: "200 x"),
    ]

    @Test(arguments: endings) func `a response ends as it should`(_ ending: Ending) async {
        let result = await onShard { loop in
            let origin = Origin(on: loop) { connection, _, _ in
                connection.send(ending.answer)
                if ending.closes { connection.stream.closeAfterWriting() }
            }
            let client = client(loop, origin.listen())
            let results = Results()
            client.send(request("/"), deadline: loop.now + .seconds(2), completion: results)
            await loop.until { results.texts.count == 1 }
            await loop.pause(5)
            client.close()
            origin.stop()
            return results.texts
        }
        #expect(result == [ending.result])
    }

    @Test func `a stale connection is replaced once and only when it was idle for long`() async {
        let outcome = await onShard { loop in
            // The first request of each connection is answered, the second one ends it.
            let origin = Origin(on: loop) { connection, _, count in
                if count == 0 { connection.ok("x") } else { connection.stream.close() }
            }
            let client = client(loop, origin.listen()) { $0.staleAfter = .milliseconds(40) }
            let results = Results()
            func send() async {
                let count = results.texts.count
                client.send(request("/\(count)"), deadline: nil, completion: results)
                await loop.until { results.texts.count == count + 1 }
            }
            await send()
            await loop.pause(60)
            await send()
            await send()
            client.close()
            origin.stop()
            return (results.texts, origin.requests.count, client.statistics.resent)
        }
        #expect(outcome.0 == ["200 x", "200 x", "connectionLost perhaps"])
        #expect(outcome.1 == 4)
        #expect(outcome.2 == 1)
    }

    @Test func `a connection on which bytes come unasked is closed`() async {
        let outcome = await onShard { loop in
            let origin = Origin(on: loop) { connection, number, _ in
                connection.ok("\(number)")
                if number == 0 { _ = loop.wake(at: loop.now + .milliseconds(10), Answer(connection), token: 0) }
                if number == 1 { connection.ok("unasked") }
            }
            let client = client(loop, origin.listen())
            let results = Results()
            var idle: [Int] = []
            for _ in 0..<3 {
                let count = results.texts.count
                client.send(request("/"), deadline: nil, completion: results)
                await loop.until { results.texts.count == count + 1 }
                await loop.pause(30)
                idle.append(client.idleConnectionCount)
            }
            client.close()
            origin.stop()
            return (results.texts, idle)
        }
        #expect(outcome.0 == ["200 0", "200 1", "200 2"])
        #expect(outcome.1 == [0, 0, 1])
    }

    @Test func `an idle connection is closed in time`() async {
        let counts = await onShard { loop in
            let origin = Origin(on: loop) { connection, _, _ in connection.ok("x") }
            let client = client(loop, origin.listen()) { $0.idleTimeout = .milliseconds(30) }
            let results = Results()
            client.send(request("/"), deadline: loop.now + .seconds(5), completion: results)
            await loop.until { results.texts.count == 1 }
            let before = client.openConnectionCount
            await loop.pause(60)
            origin.stop()
            return [before, client.openConnectionCount]
        }
        #expect(counts == [1, 0])
    }

    @Test func `a request is cancelled wherever it is`() async {
        let outcome = await onShard { loop in
            let origin = Origin(on: loop) { _, _, _ in }
            let client = client(loop, origin.listen()) { $0.connections = 1 }
            let results = Results()
            let first = client.send(request("/"), deadline: nil, completion: results, token: 1)
            let second = client.send(request("/"), deadline: nil, completion: results, token: 2)
            await loop.until { origin.requests.count == 1 }
            second.cancel()
            second.cancel()
            first.cancel()
            await loop.until { results.texts.count == 2 }
            first.cancel()
            await loop.pause(5)
            let open = client.openConnectionCount
            client.close()
            origin.stop()
            return (results.texts, results.tokens, open)
        }
        #expect(outcome.0 == ["cancelled", "cancelled perhaps"])
        #expect(outcome.1 == [2, 1])
        #expect(outcome.2 == 0)
    }

    @Test func `closing ends every request and draining lets them end`() async {
        let outcome = await onShard { loop in
            let origin = Origin(on: loop) { connection, _, _ in
                _ = loop.wake(at: loop.now + .milliseconds(30), Answer(connection), token: 0)
            }
            let port = origin.listen()
            let closed = client(loop, port) { $0.connections = 1 }
            let results = Results()
            closed.send(request("/"), deadline: nil, completion: results)
            closed.send(request("/"), deadline: nil, completion: results)
            await loop.until { origin.requests.count == 1 }
            closed.close()
            closed.send(request("/"), deadline: nil, completion: results)
            await loop.until { results.texts.count == 3 }
            let drained = client(loop, port) { $0.connections = 1 }
            let more = Results()
            drained.send(request("/"), deadline: nil, completion: more)
            drained.send(request("/"), deadline: nil, completion: more)
            await drained.drain(within: .seconds(2))
            let cut = client(loop, port)
            let rest = Results()
            cut.send(request("/"), deadline: nil, completion: rest)
            await cut.drain(within: .milliseconds(15))
            await loop.until { rest.texts.count == 1 }
            origin.stop()
            return (results.texts, more.texts, rest.texts)
        }
        #expect(outcome.0.sorted() == ["closed", "closed", "closed perhaps"])
        #expect(outcome.1 == ["200 x", "200 x"])
        #expect(outcome.2 == ["closed perhaps"])
    }

    @Test func `what cannot be sent is refused`() async {
        let texts = await onShard { loop in
            let client = client(loop, 1)
            let results = Results()
            for target in ["", "a", "/a b", "/a\r\nX: y", "/\u{0}", "http://x/"] {
                client.send(request(target), deadline: nil, completion: results)
            }
            client.send(request("/", method: "GET /x"), deadline: nil, completion: results)
            client.send(request("/", method: ""), deadline: nil, completion: results)
            await loop.until { results.texts.count == 8 }
            return results.texts
        }
        #expect(texts == Array(repeating: "invalidRequest", count: 8))
    }

    @Test(
        arguments: [
            (nil, Duration.zero, false, false, false), (.seconds(1), .milliseconds(100), false, false, true),
            (.milliseconds(999), .milliseconds(1), false, false, false),
            (.seconds(9), .milliseconds(101), false, false, false),
            (.seconds(9), .zero, true, false, false), (.seconds(9), .zero, false, true, false),
            (nil, nil, false, false, true),
            (nil, nil, false, true, false),
        ] as [(Duration?, Duration?, Bool, Bool, Bool)])
    func `only a request on a stale connection is sent again`(
        _ idle: Duration?, _ written: Duration?, _ answered: Bool, _ resent: Bool, _ allowed: Bool
    ) {
        let facts = HTTPStaleness.Facts(
            idle: idle, sinceWritten: written, wasAnswered: answered, wasResent: resent)
        #expect(HTTPStaleness.allowsResending(facts, HTTPClientSettings()) == allowed)
    }
}

private final class Answer: Sleeper {
    let connection: OriginConnection
    init(_ connection: OriginConnection) { self.connection = connection }
    func wake(_ token: UInt64) { connection.ok("x") }
}
