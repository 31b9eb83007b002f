import Bytes
import Foundation
import HTTP
import Loop
import Testing

/// Responses in pieces, and what their connection does to them.
@Suite struct StreamTests {
    @Test func `a response is streamed in chunks`() async {
        let server = await TestServer()
        var client = server.client()
        client.send(get("/stream") + get("/x"))
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
        let chunks = String(repeating: "4\r\naaaa\r\n", count: 3)
        #expect(
            client.receive(until: "/x") == head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n" + ok("/x")
        )
        client.send(get("/later30") + get("/stream"))
        #expect(
            client.receive(until: "0\r\n\r\n") == ok("/later30") + head + "Transfer-Encoding: chunked\r\n\r\n" + chunks
                + "0\r\n\r\n")
        client = server.client()
        client.send("GET /stream HTTP/1.0\r\n\r\n")
        #expect(client.receiveAll() == head + "Connection: close\r\n\r\naaaaaaaaaaaa")
    }

    @Test func `a stream waits for a slow reader and goes on`() async {
        let server = await TestServer()
        let client = RawClient(port: server.port, receiveBuffer: 16 * 1024)
        client.send(get("/flood"))
        #expect(await eventually { await server.onShard { $0.streams.first?.waits } ?? 0 > 0 })
        #expect(await server.onShard { $0.streams.first?.left } ?? 0 > 500)
        var total = 0
        while let bytes = client.receive(), !bytes.isEmpty {
            total += bytes.count
            if bytes.suffix(5) == [0x30, 0x0D, 0x0A, 0x0D, 0x0A] { break }
        }
        #expect(total > 1024 * 16 * 1024)
    }

    @Test func `a stream to a quick reader leaves the others their turns`() async {
        let server = await TestServer()
        let reader = server.client()
        reader.send(get("/endless"))
        let other = server.client()
        nonisolated(unsafe) let reading = reader
        let thread = Thread {
            while let bytes = unsafe reading.receive(atMost: 1 << 20), !bytes.isEmpty {}
        }
        thread.start()
        for _ in 0..<20 {
            other.send(get("/a"))
            #expect(other.receive(until: "/a") == ok("/a"))
        }
        #expect(await eventually { await server.onShard { $0.streams.first?.waits } ?? 0 > 20 })
        _ = await server.shard.run { [server] in server.server.value?.close() }
        #expect(await eventually { await server.onShard { $0.streams.first?.wasDisconnected } == true })
    }

    @Test func `a stream hears that its connection ended`() async {
        let server = await TestServer()
        do {
            let client = RawClient(port: server.port, receiveBuffer: 16 * 1024)
            client.send(get("/flood"))
            #expect(await eventually { await server.onShard { $0.streams.isEmpty ? nil : true } == true })
        }
        #expect(await eventually { await server.onShard { $0.streams.first?.wasDisconnected } == true })
    }

    @Test func `a stream whose peer is gone before the first write hears it and writes no more`() async {
        let server = await TestServer()
        RawClient(port: server.port).send(get("/flood"))
        #expect(await eventually { await server.onShard { $0.streams.first?.wasDisconnected } == true })
        #expect(await server.onShard { $0.streams.first?.left } ?? 0 > 500)
        #expect(await eventually { await server.openConnections == 0 })
    }
}
