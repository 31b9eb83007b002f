internal import Bytes

/// A request to the origin of a client.
package struct HTTPClientRequest: Sendable {
    /// The method, a token.
    package var method: String
    /// The target in origin form, escapes and all: it begins with a slash.
    package var target: [UInt8]
    /// The fields. `Host` and the framing are added.
    package var fields: HTTPFieldBlock
    /// Fields of this one request, behind those that many share: what is shared need not be copied then.
    package var ownFields: HTTPFieldBlock
    /// The body; its length is always sent with methods that usually have one.
    package var body: [UInt8]

    /// Makes a request.
    package init(
        method: String = "GET", target: [UInt8], fields: HTTPFieldBlock = .none, ownFields: HTTPFieldBlock = .none,
        body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.ownFields = ownFields
        self.body = body
    }

    /// Whether method and target can be sent without ending their line or beginning another one.
    @inline(__always)
    var isSendable: Bool {
        let target = target.rawSpan
        return target.byteCount > 0 && target[0] == 0x2F
            && target.endOfTarget(from: 0, to: target.byteCount) == target.byteCount
            && method.withRawSpan { HTTPToken.isToken($0) }
    }

    /// Whether the length is sent even where it is zero: methods that usually have a body.
    private var usuallyHasBody: Bool { method == "POST" || method == "PUT" || method == "PATCH" }

    /// Appends the request in the form of the wire; `version` is the end of the request line with the host's field. Inlined, because a call
    /// would be given a copy of the whole request.
    @inline(__always)
    func append(to output: inout [UInt8], version: [UInt8]) {
        let head = method.utf8.count + target.count + version.count + fields.bytes.count + ownFields.bytes.count
        output.append(capacity: head + body.count + HTTPClientRequest.overhead) { writer in
            writer.write(method)
            writer.write(0x20)
            writer.write(target)
            writer.write(version)
            writer.write(fields.bytes)
            writer.write(ownFields.bytes)
            if !body.isEmpty || usuallyHasBody {
                writer.write("Content-Length: ")
                writer.write(decimal: UInt64(body.count))
                writer.write("\r\n")
            }
            writer.write("\r\n")
            writer.write(body)
        }
    }

    /// The space behind the method, the length's field and the line ends.
    private static let overhead = 64
}
