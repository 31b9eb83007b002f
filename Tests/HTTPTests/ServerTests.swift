import Bytes
import Foundation
import HTTP
import Loop
import Testing

func ok(_ body: String, close: Bool = false) -> String {
    "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n" + (close ? "Connection: close\r\n" : "") + "\r\n" + body
}

func get(_ path: String, _ fields: String = "") -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n" }

func post(_ path: String, _ body: String) -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

@Suite struct ServerTests {
    @Test func `requests are answered one after the other on one connection`() async {
        let server = await TestServer()
        let client = server.client()
        client.send(get("/a"))
        #expect(client.receive(until: "/a") == ok("/a"))
        client.send(post("/b", "body"))
        #expect(client.receive(until: "body") == ok("body"))
        client.send(get("/204"))
        #expect(client.receive(until: "\r\n\r\n") == "HTTP/1.1 204 No Content\r\ntraceparent: 00-0\r\n\r\n")
        client.send("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        #expect(client.receive(until: "abcde") == ok("abcde"))
        #expect(await server.statistics.requests == 4)
    }

    @Test func `pipelined requests are answered in their order whatever the order of the answers`() async {
        let server = await TestServer()
        let client = server.client()
        client.send(get("/later60") + get("/1") + get("/later20") + get("/204") + get("/later1") + get("/2"))
        let expected =
            ok("/later60") + ok("/1") + ok("/later20") + "HTTP/1.1 204 No Content\r\ntraceparent: 00-0\r\n\r\n"
            + ok("/later1") + ok("/2")
        #expect(client.receive(until: "/2") == expected)
    }

    @Test func `three thousand pipelined requests of one write are all answered`() async {
        let server = await TestServer()
        let client = server.client()
        client.send(String(repeating: get("/x"), count: 3000) + get("/end"))
        #expect(client.receive(until: "/end").components(of: "HTTP/1.1 200 OK") == 3001)
    }

    @Test func `a connection with too many requests in flight is not read`() async {
        var settings = HTTPServerSettings()
        settings.pipelined = 2
        let server = await TestServer(settings: settings)
        let client = server.client()
        client.send(String(repeating: get("/hold"), count: 5))
        #expect(await eventually { await server.onShard { $0.held.count } == 2 })
        usleep(20000)
        #expect(await server.onShard { $0.held.count } == 2)
        for answered in 0..<5 {
            _ = await server.onShard { handler -> Bool? in
                handler.held[answered].respond(200, body: [UInt8]("\(answered)".utf8))
                return true
            }
            #expect(client.receive(until: "\(answered)") == ok("\(answered)"))
            usleep(5000)
        }
    }

    @Test func `a request that somebody still looks at is not used for the next one`() async {
        let server = await TestServer()
        let client = server.client()
        func seen(_ index: Int) async -> String? {
            await server.onShard { handler in
                let exchange = handler.held[index]
                return String(decoding: exchange.path, as: UTF8.self) + String(decoding: exchange.body, as: UTF8.self)
            }
        }
        for number in 0..<3 {
            client.send(post("/hold", "body\(number)"))
            #expect(await eventually { await server.onShard { $0.held.count } == number + 1 })
            _ = await server.onShard { handler -> Bool? in
                handler.held[number].respond(200, body: [UInt8]("\(number)".utf8))
                return true
            }
            #expect(client.receive(until: "\(number)") == ok("\(number)"))
        }
        for number in 0..<3 { #expect(await seen(number) == "/holdbody\(number)") }
        // Those that nobody holds are.
        _ = await server.onShard { handler -> Bool? in
            handler.held = []
            return true
        }
        for number in 0..<3 {
            client.send(post("/b", "next\(number)"))
            #expect(client.receive(until: "next\(number)") == ok("next\(number)"))
        }
    }

    @Test func `a head that is refused is answered in plain text and the connection ends`() async {
        let server = await TestServer()
        let head = "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
        let cases = [
            (get("/%zz"), "HTTP/1.1 400 Bad Request\r\n\(head)400 Bad Request"),
            (
                "GET / HTTP/1.1\r\n\r\n",
                "HTTP/1.1 400 Bad Request\r\n\(head)400 Bad Request: missing required Host header"
            ),
            (
                get("/", "X: " + String(repeating: "a", count: 9000) + "\r\n"),
                "HTTP/1.1 431 Request Header Fields Too Large\r\n\(head)431 Request Header Fields Too Large"
            ),
            (
                get("/", "Transfer-Encoding: gzip\r\n"),
                "HTTP/1.1 501 Not Implemented\r\n\(head)Unsupported transfer encoding"
            ),
            (
                "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
                "HTTP/1.1 505 HTTP Version Not Supported\r\n\(head)505 HTTP Version Not Supported: unsupported protocol version"
            ),
        ]
        for (request, answer) in cases {
            let client = server.client()
            client.send(request)
            #expect(client.receiveAll() == answer)
        }
        let client = server.client()
        client.send(get("/later20") + "GARBAGE\r\n\r\n")
        #expect(client.receiveAll().hasPrefix(ok("/later20") + "HTTP/1.1 400 Bad Request"))
        #expect(await server.statistics.refused == cases.count + 1)
    }

    @Test func `the connection ends where one side asks for it`() async {
        let server = await TestServer()
        var client = server.client()
        client.send(get("/a", "Connection: close\r\n") + get("/b"))
        #expect(client.receiveAll() == ok("/a", close: true))
        client = server.client()
        client.send("GET /a HTTP/1.0\r\n\r\n")
        #expect(client.receiveAll() == ok("/a", close: true))
        client = server.client()
        client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(
            client.receive(until: "/a") == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n/a")
        client.send(get("/b"))
        #expect(client.receive(until: "/b") == ok("/b"))
    }

    @Test func `a HEAD request is answered without a body`() async {
        let server = await TestServer()
        let client = server.client()
        client.send("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n" + get("/x"))
        #expect(client.receive(until: "/x") == "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + ok("/x"))
    }

    @Test func `a client that waits for leave to send its body gets it`() async {
        let server = await TestServer()
        let client = server.client()
        client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        client.send("abc")
        #expect(client.receive(until: "abc") == ok("abc"))
        client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc")
        #expect(client.receive(until: "abc") == ok("abc"))
        client.send(
            get("/later30") + "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(
            client.receive(until: "Continue\r\n\r\n") == ok("/later30") + "HTTP/1.1 100 Continue\r\n\r\n")
        client.send("xyz")
        #expect(client.receive(until: "xyz") == ok("xyz"))
    }

    @Test func `a body beyond the bound is told to the handler and ends the connection`() async {
        var settings = HTTPServerSettings()
        settings.message.bodyBytes = 1000
        let server = await TestServer(settings: settings)
        let answer =
            "HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large"
        var client = server.client()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n")
        #expect(client.receive(until: "too large") == answer)
        client = server.client()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10000000\r\n\r\n")
        #expect(client.receive(until: "too large") == answer)
        client = server.client()
        client.send(post("/", String(repeating: "x", count: 1_000_000)))
        #expect(client.receive(until: "too large") == answer)
        client.finishSending()
        #expect(client.receive() == [])
        client = server.client()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n")
        client.send([UInt8](repeating: 0x78, count: 500_000))
        #expect(client.receive(until: "too large") == answer)
    }

    @Test(arguments: [true, false])
    func `a body a little beyond the bound is dropped and the connection goes on`(isChunked: Bool) async {
        var settings = HTTPServerSettings()
        settings.message.bodyBytes = 1000
        let server = await TestServer(settings: settings)
        let client = server.client()
        let body = String(repeating: "x", count: 200_000)
        client.send(
            isChunked
                ? "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n\(body.prefix(1000))\r\n30d40\r\n\(body)\r\n0\r\n\r\n"
                : post("/", body))
        client.send(get("/next"))
        #expect(
            client.receive(until: "/next")
                == "HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain\r\nContent-Length: 9\r\n\r\ntoo large"
                + ok("/next"))
        #expect(await server.onShard { $0.bodies } == [0, 0])
    }

    @Test func `a slow head, a slow body, an idle connection and a reader that stands still are closed`() async {
        var settings = HTTPServerSettings()
        settings.headTimeout = .milliseconds(60)
        settings.bodyTimeout = .milliseconds(60)
        settings.idleTimeout = .milliseconds(60)
        settings.writeTimeout = .milliseconds(60)
        let server = await TestServer(settings: settings)
        #expect(server.client().receiveAll() == "")
        let head = server.client()
        head.send("GET / HTTP/1.1\r\n")
        #expect(head.receiveAll() == "")
        let body = server.client()
        body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
        #expect(
            body.receive(until: "Timeout")
                == "HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n408 Request Timeout"
        )
        let idle = server.client()
        idle.send(get("/a"))
        #expect(idle.receiveAll() == ok("/a"))
        let reader = RawClient(port: server.port, receiveBuffer: 16 * 1024)
        reader.send(String(repeating: get("/large"), count: 16))
        #expect(await eventually { await server.openConnections == 0 })
        var total = 0
        while let bytes = reader.receive(), !bytes.isEmpty { total += bytes.count }
        #expect(total < 16 << 20)
        #expect(await server.statistics.timedOut >= 3)
    }

    @Test func `a head that dribbles in is closed by its deadline and others are served meanwhile`() async {
        var settings = HTTPServerSettings()
        settings.headTimeout = .milliseconds(100)
        let server = await TestServer(settings: settings)
        let slow = server.client()
        let quick = server.client()
        var alive = true
        for byte in "GET / HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".utf8 where alive {
            alive = slow.send([byte])
            quick.send(get("/q"))
            #expect(quick.receive(until: "/q") == ok("/q"))
            usleep(10_000)
        }
        #expect(!alive)
    }

    @Test func `connections beyond the bound are answered with 503`() async {
        var settings = HTTPServerSettings()
        settings.connections = 2
        let server = await TestServer(settings: settings)
        let first = server.client()
        let second = server.client()
        first.send(get("/a"))
        second.send(get("/b"))
        #expect(first.receive(until: "/a") == ok("/a"))
        #expect(second.receive(until: "/b") == ok("/b"))
        let third = server.client()
        third.send(get("/c"))
        #expect(third.receive(until: "Unavailable").hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(await server.statistics.turnedAway == 1)
        first.send(get("/a"))
        #expect(first.receive(until: "/a") == ok("/a"))
    }

    @Test func `large bodies beyond the room for all are refused, small ones go on, and room comes back`() async {
        var settings = HTTPServerSettings()
        settings.heldBytes = 1_000_000
        let server = await TestServer(settings: settings)
        let held = { await server.shard.run { [server] in server.server.value?.heldBytes ?? -1 } }
        let large =
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + String(repeating: "x", count: 600_000)
        let first = server.client()
        first.send(large)
        #expect(await eventually { await held() == 600_000 })
        let second = server.client()
        second.send(large)
        #expect(second.receive(until: "Unavailable").hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(await held() == 600_000)
        let small = server.client()
        small.send(post("/", String(repeating: "y", count: 1000)))
        #expect(small.receive(until: "yyyy").hasPrefix("HTTP/1.1 200 OK\r\n"))
        first.send(String(repeating: "x", count: 400_000))
        #expect(first.receive(until: "xxxx").hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(await held() == 0)
        do {
            let third = server.client()
            third.send(large)
            #expect(await eventually { await held() == 600_000 })
        }
        #expect(await eventually { await held() == 0 })
    }

    @Test func `a client that only closes its sending side gets its answers`() async {
        let server = await TestServer()
        let client = server.client()
        client.send(get("/later30") + get("/a"))
        client.finishSending()
        #expect(client.receiveAll() == ok("/later30") + ok("/a"))
    }

    @Test func `an answer after the connection ended is dropped`() async {
        let server = await TestServer()
        do {
            let client = server.client()
            client.send(get("/hold"))
            #expect(await eventually { await server.onShard({ $0.held.count }) == 1 })
            client.send("x")
        }
        _ = await server.shard.run { [server] in server.server.value?.close() }
        #expect(await eventually { await server.onShard { $0.held.first?.isConnected } == false })
        #expect(
            await server.onShard { handler -> Bool? in
                handler.held.first?.respond(204)
                return handler.held.first?.isConnected
            } == false)
        #expect(await server.statistics.unanswered == 1)
        #expect(await server.openConnections == 0)
    }

    @Test func `draining answers what has begun and closes`() async {
        let server = await TestServer()
        let idle = server.client()
        idle.send(get("/a"))
        #expect(idle.receive(until: "/a") == ok("/a"))
        // It is being read, so that what it sends before the other is there when the other's requests are.
        let partial = server.client()
        partial.send(get("/a"))
        #expect(partial.receive(until: "/a") == ok("/a"))
        partial.send("GET /p HTTP/1.1\r\n")
        let busy = server.client()
        busy.send(get("/hold") + get("/hold"))
        #expect(await eventually { await server.onShard({ $0.held.count }) == 2 })
        async let drained: Void = server.shard.run { [server] in await server.server.value?.drain(within: .seconds(60))
        }
        // Reading keeps a thread: the drain must have got one before, where other tests keep the others.
        #expect(await eventually { await server.onShard { _ in server.server.value?.isDraining } == true })
        #expect(idle.receiveAll() == "")
        partial.send("Host: a\r\n\r\n")
        #expect(partial.receiveAll() == ok("/p", close: true))
        _ = await server.onShard { handler -> Bool? in
            handler.held[1].respond(200, body: [0x32])
            handler.held[0].respond(200, body: [0x31])
            return true
        }
        #expect(busy.receiveAll() == ok("1") + ok("2", close: true))
        await drained
        #expect(await server.openConnections == 0)
    }

    @Test func `draining ends with its deadline`() async {
        let server = await TestServer()
        let client = server.client()
        client.send(get("/hold"))
        #expect(await eventually { await server.onShard { $0.held.count } == 1 })
        // Measured on the shard: the threads of the tests may be blocked by other tests.
        let elapsed = await server.shard.run { [server] in
            let start = EventLoop.current.now
            await server.server.value?.drain(within: .milliseconds(50))
            return EventLoop.current.now.elapsed(since: start)
        }
        #expect(elapsed < .seconds(1))
        #expect(client.receiveAll() == "")
    }

    @Test func `a Unix-domain socket is served`() async {
        let path = "/tmp/martlet-http-\(getpid()).sock"
        let server = await TestServer(endpoint: .unix(path: path))
        let client = RawClient(path: path)
        client.send(get("/u"))
        #expect(client.receive(until: "/u") == ok("/u"))
        _ = server
        unlink(path)
    }

    @Test func `a value cannot end its line`() async {
        var block = HTTPFieldBlock()
        block.add("x", "a\r\nSet-Cookie: b\u{0}")
        #expect(String(decoding: block.bytes, as: UTF8.self) == "x: a  Set-Cookie: b \r\n")
        let added = [("Content-Length", "1"), ("a b", "1"), ("", "1"), ("Y", "\t\u{7f}")].map {
            block.add(name: $0.0, value: $0.1)
        }
        #expect(added == [false, false, false, true])
        #expect(String(decoding: block.bytes, as: UTF8.self).hasSuffix("Y: \t \r\n"))
    }
}

extension String {
    func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.range(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}

/// Whether something comes true within five seconds: against hanging, not a measure of speed.
func eventually(_ condition: () async -> Bool) async -> Bool {
    for _ in 0..<1_000 {
        if await condition() { return true }
        usleep(5_000)
    }
    return await condition()
}
