import Bytes
import HTTP

extension Checks {
    mutating func checkFields() {
        for (name, value, isAdded) in [
            ("a", "b", true), ("X-Name", "v", true), ("x-fifteen-bytes", "fifteen bytes--", true), ("", "v", false),
            ("a b", "v", false), ("Host", "v", false), ("te", "v", false), ("Content-Length", "1", false),
        ] {
            let (name, value) = (made(name), made(value))
            var block = HTTPFieldBlock()
            equal(block.add(name: name, value: value), isAdded, "field \(name)")
            text(block.bytes, isAdded ? "\(name): \(value)\r\n" : "", "field \(name)")
            var other = HTTPFieldBlock()
            equal(other.add(name: Array(name.utf8), value: value), isAdded, "field \(name) of bytes")
            equal(other, block, "field \(name) of bytes")
        }
        var block = HTTPFieldBlock()
        block.add("A", made("b"))
        block.add("C", "literal")
        block.add("D", made("a\nb"))
        text(block.bytes, "A: b\r\nC: literal\r\nD: a b\r\n", "fields")
        let literal: HTTPFieldBlock = ["a": "b"]
        text(literal.bytes, "a: b\r\n", "a literal block")
    }

    mutating func checkRequests() {
        for (name, method) in [
            ("GET", HTTPMethod.get), ("POST", .post), ("PUT", .put), ("HEAD", .head), ("PATCH", .patch),
            ("DELETE", .delete), ("OPTIONS", .options), ("X", .other),
        ] {
            let request = Array(
                (made(name) + " /p?q=1 HTTP/1.1\r\nHost: h\r\nX-A: b\r\nContent-Length: 2\r\n\r\nhi").utf8)
            for size in [request.count, 1, 7] { check(request, in: size, method, name) }
        }
    }

    private mutating func check(_ request: [UInt8], in size: Int, _ method: HTTPMethod, _ name: String) {
        var reader = HTTPRequestReader(limits: HTTPLimits())
        var body: [UInt8]?
        do {
            for start in stride(from: 0, to: request.count, by: size) {
                let piece = [UInt8](request[start..<min(start + size, request.count)])
                var offset = 0
                reading: while true {
                    switch try reader.next(piece.rawSpan, from: &offset) {
                    case .needsMore: break reading
                    case .head: continue
                    case .complete:
                        body = reader.takeBody()
                        break reading
                    }
                }
            }
        } catch {
            equal("\(error)", "no error", "\(name) in pieces of \(size)")
        }
        equal(reader.head?.method, method, "method \(name) in pieces of \(size)")
        text(body ?? [], "hi", "body in pieces of \(size)")
        guard let fields = reader.head?.fields else { return }
        equal(fields.index(ofName: made("x-a")), 1, "field by name")
        equal(fields.index(ofName: made("x-b")), nil, "no field by name")
        equal(fields.text("x-a"), "b", "field")
        if fields.count > 1 { text([UInt8](fields.value(at: 1)), "b", "value") }
        equal(fields.index(of: "host"), 0, "field by literal")
    }
}
