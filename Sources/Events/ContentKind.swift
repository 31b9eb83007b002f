internal import Bytes

/// What a content type means for the data of an event (spec 1.1, table of content types).
///
/// Types are compared in lower case, parameters after `;` are ignored, nothing is trimmed: `application/json ; x` is not JSON.
package enum ContentKind: Sendable, Equatable {
    /// `application/json`: the body is JSON.
    case json
    /// `application/cloudevents+json`: the body is the event itself.
    case cloudEvent
    /// `application/octet-stream` and `application/cloudevents+protobuf`: the body is bytes.
    case binary
    /// `application/x-protobuf`: bytes where the body is a CloudEvent in protobuf, else text.
    case protobuf
    /// `text/…` and `application/xml`: the body is text, also towards a gRPC application.
    case text
    /// Everything else, also no type at all: the body is carried as text.
    case other

    /// Looks a content type up.
    package init(_ contentType: String) { self = contentType.withRawSpan { ContentKind($0) } }

    /// Whether a content type is `application/octet-stream`, parameters ignored: of the binary ones the only one in bulk publishing.
    package static func isOctetStream(_ contentType: String) -> Bool {
        contentType.withRawSpan { bytes in
            let type = bytes.extracting(0..<(bytes.firstIndex(of: 0x3B) ?? bytes.byteCount))
            return type.byteCount == 24 && ASCII.equalIgnoringCase(type, "application/octet-stream")
        }
    }

    private init(_ bytes: RawSpan) {
        let type = bytes.extracting(0..<(bytes.firstIndex(of: 0x3B) ?? bytes.byteCount))
        self =
            switch type.byteCount {
            case 16 where ASCII.equalIgnoringCase(type, "application/json"): .json
            case 28 where ASCII.equalIgnoringCase(type, "application/cloudevents+json"): .cloudEvent
            case 24 where ASCII.equalIgnoringCase(type, "application/octet-stream"): .binary
            case 32 where ASCII.equalIgnoringCase(type, "application/cloudevents+protobuf"): .binary
            case 22 where ASCII.equalIgnoringCase(type, "application/x-protobuf"): .protobuf
            case 15 where ASCII.equalIgnoringCase(type, "application/xml"): .text
            case 5... where ASCII.equalIgnoringCase(type.extracting(0..<5), "text/"): .text
            default: .other
            }
    }
}
