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
    var isSendable: Bool {
        let target = target.rawSpan
        return target.byteCount > 0 && target[0] == 0x2F
            && target.endOfTarget(from: 0, to: target.byteCount) == target.byteCount
            && !method.isEmpty && method.utf8.allSatisfy(HTTPToken.contains)
    }

    /// Appends the request in the form of the wire; `version` is the end of the request line with the host's field.
    func append(to output: inout [UInt8], version: [UInt8]) {
        output.append(contentsOf: method.utf8)
        output.append(0x20)
        output.append(contentsOf: target)
        output.append(contentsOf: version)
        output.append(contentsOf: fields.bytes)
        if !ownFields.isEmpty { output.append(contentsOf: ownFields.bytes) }
        if !body.isEmpty || method == "POST" || method == "PUT" || method == "PATCH" {
            output.append(utf8: "Content-Length: ")
            output.appendDecimal(body.count)
            output.append(utf8: "\r\n")
        }
        output.append(utf8: "\r\n")
        output.append(contentsOf: body)
    }
}
