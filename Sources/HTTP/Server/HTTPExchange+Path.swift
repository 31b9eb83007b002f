internal import Bytes

extension HTTPExchange {
    /// Whether the path is spelled with exactly these bytes. For comparing each request with one that came before: no text is made.
    package func hasPath(_ bytes: [UInt8]) -> Bool {
        let whole = head.fields.bytes
        return whole.rawSpan.extracting(head.target.path).equals(bytes)
    }

    /// A hash of the path as it came, for tables that are looked into per request.
    package var pathHash: UInt64 {
        let whole = head.fields.bytes
        return whole.rawSpan.extracting(head.target.path).hash()
    }
}
