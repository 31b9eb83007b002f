internal import Bytes
internal import Glibc
internal import HTTP

/// The pure machines, in a loop.
enum ParseBenchmark {
    static func run() {
        var requests = HTTPRequestReader(limits: HTTPLimits())
        let small = request(fields: 7)
        let large = request(fields: 19)
        measure("head, 8 fields, \(small.count) bytes", rounds: 200_000) { read(small, &requests) }
        measure("head, 20 fields, \(large.count) bytes", rounds: 100_000) { read(large, &requests) }
        let body = request(fields: 7, body: 1024)
        measure("head and body of 1 KiB", rounds: 100_000) { read(body, &requests) }
        let chunked = chunkedRequest(pieces: 4, of: 256)
        measure("head and four chunks of 256 bytes", rounds: 100_000) { read(chunked, &requests) }
        let response = [UInt8]("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}".utf8)
        var reader = HTTPResponseReader(limits: HTTPLimits())
        measure("response, 2 fields", rounds: 200_000) {
            reader.begin(toHead: false)
            var offset = 0
            return (try? reader.read(response.rawSpan, from: &offset)) == true ? reader.takeBody().count : 0
        }
    }

    private static func read(_ bytes: [UInt8], _ reader: inout HTTPRequestReader) -> Int {
        var offset = 0
        while let step = try? reader.next(bytes.rawSpan, from: &offset), step == .head {}
        return reader.takeBody().count + (reader.head?.fields.count ?? 0)
    }

    private static func request(fields: Int, body: Int? = nil) -> [UInt8] {
        var text = "POST /v1.0/publish/pubsub/orders HTTP/1.1\r\nHost: 127.0.0.1:3500\r\n"
        for index in 1..<fields { text += "x-field-number-\(index): some value \(index)\r\n" }
        text += "Content-Length: \(body ?? 0)\r\n\r\n"
        return [UInt8](text.utf8) + [UInt8](repeating: 0x78, count: body ?? 0)
    }

    private static func chunkedRequest(pieces: Int, of size: Int) -> [UInt8] {
        let piece = String(size, radix: 16) + "\r\n" + String(repeating: "x", count: size) + "\r\n"
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        return [UInt8]((head + String(repeating: piece, count: pieces) + "0\r\n\r\n").utf8)
    }

    private static func measure(_ name: String, rounds: Int, _ body: () -> Int) {
        var best = Int.max
        var sum = 0
        for _ in 0..<9 {
            // The CPU time of the process, in microseconds: other processes do not count.
            let start = clock()
            for _ in 0..<rounds { sum &+= body() }
            best = min(best, clock() - start)
        }
        print("\(name): \((Double(best) * 1000 / Double(rounds)).rounded()) ns (\(sum & 1))")
    }
}
