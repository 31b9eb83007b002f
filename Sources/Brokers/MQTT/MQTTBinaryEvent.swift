internal import Bytes
internal import Events
internal import MQTTClient

/// A CloudEvent in binary mode (MQTT protocol binding 1.0.2, section 3.1): attributes as user properties, data as the payload. Pure.
struct MQTTBinaryEvent: Equatable {
    /// The most attributes that are looked for in an envelope.
    static let attributesMaximum = 256

    var attributes: [MQTTProperties.UserProperty] = []
    var contentType: String?
    var data: [UInt8] = []
    /// Whether the data is UTF-8 text.
    var isText = false

    /// Whether a name can be that of an attribute: lower-case letters and digits.
    static func isAttribute(_ name: String) -> Bool {
        !name.isEmpty && name != "data" && name != "datacontenttype"
            && name.utf8.allSatisfy { $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 }
    }

    /// Whether properties are those of an event in binary mode.
    static func isBinary(_ properties: MQTTProperties) -> Bool {
        if let type = properties.contentType, ContentKind(type) == .cloudEvent { return false }
        var found = 0
        for property in properties.user {
            switch property.name {
            case "specversion": found |= 1
            case "id": found |= 2
            case "source": found |= 4
            case "type": found |= 8
            default: continue
            }
        }
        return found == 15
    }

    // MARK: From properties to an envelope

    /// The event as one JSON object: JSON data as it is, text as a string, everything else in base 64.
    static func envelope(_ data: [UInt8], _ properties: MQTTProperties) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(data.count + 64 * (properties.user.count + 2))
        var seen: [String] = []
        for property in properties.user where isAttribute(property.name) && !seen.contains(property.name) {
            seen.append(property.name)
            output.append(seen.count == 1 ? 0x7B : 0x2C)
            JSONWriter.appendString(property.name, to: &output)
            output.append(0x3A)
            JSONWriter.appendString(property.value, to: &output)
        }
        if let contentType = properties.contentType {
            output.append(utf8: ",\"datacontenttype\":")
            JSONWriter.appendString(contentType, to: &output)
        }
        if !data.isEmpty { append(data, properties, to: &output) }
        output.append(0x7D)
        return output
    }

    private static func append(_ data: [UInt8], _ properties: MQTTProperties, to output: inout [UInt8]) {
        // Without a content type the data is JSON where it can be read as that (CloudEvents 1.0.2, section 3.1 of the JSON format).
        if isJSON(properties.contentType), JSONScanner.onlyValue(in: data.rawSpan) != nil {
            output.append(utf8: ",\"data\":")
            output.append(contentsOf: data)
        } else if isText(properties), UTF8Text.firstInvalid(data.rawSpan) == nil {
            output.append(utf8: ",\"data\":")
            JSONWriter.appendString(data.rawSpan, to: &output)
        } else {
            output.append(utf8: ",\"data_base64\":\"")
            output.append(base64: data.rawSpan)
            output.append(0x22)
        }
    }

    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return true }
        if ContentKind(contentType) == .json { return true }
        return contentType.prefix { $0 != ";" }.lowercased().hasSuffix("+json")
    }

    private static func isText(_ properties: MQTTProperties) -> Bool {
        properties.isText || properties.contentType.map { ContentKind($0) == .text } ?? false
    }

    // MARK: From an envelope to properties

    /// Takes an envelope apart; `nil` where the bytes are none, or one that cannot go in this form.
    init?(envelope bytes: [UInt8]) {
        let span = bytes.rawSpan
        guard var members = JSONMembers(span) else { return nil }
        var value: Range<Int>?
        var base64: Range<Int>?
        while let member = members.next() {
            let name = JSONText.text(span.extracting(member.name))
            switch name {
            case "data": value = member.value
            case "data_base64": base64 = member.value
            case "datacontenttype":
                guard let type = MQTTBinaryEvent.text(span.extracting(member.value)) else { return nil }
                contentType = type
            default:
                guard MQTTBinaryEvent.isAttribute(name), attributes.count < Self.attributesMaximum,
                    let text = MQTTBinaryEvent.text(span.extracting(member.value))
                else { return nil }
                attributes.append(.init(name, text))
            }
        }
        guard members.isComplete, members.isAtEnd(), attributes.contains(where: { $0.name == "specversion" }) else {
            return nil
        }
        if let base64 {
            guard let content = JSONText.content(of: span.extracting(base64)), let data = Base64.decode(content) else {
                return nil
            }
            self.data = data
        } else if let value {
            take(span.extracting(value))
        }
        // What the other side must make of it again has to be what it was.
        guard MQTTBinaryEvent.isBinary(properties) else { return nil }
    }

    private var properties: MQTTProperties {
        var properties = MQTTProperties()
        properties.user = attributes
        properties.contentType = contentType
        return properties
    }

    /// JSON data goes as it is, a string of another type as its text.
    private mutating func take(_ value: RawSpan) {
        isText = true
        if !MQTTBinaryEvent.isJSON(contentType), let content = JSONText.content(of: value) {
            data = JSONText.unescaped(content)
        } else {
            data = [UInt8](value)
        }
    }

    /// A string, number or truth as text; `nil` for what an attribute cannot be.
    private static func text(_ value: RawSpan) -> String? {
        if let content = JSONText.content(of: value) { return JSONText.text(content) }
        let first = value.byteOrZero(at: 0)
        guard first != 0x7B, first != 0x5B, !value.equals("null") else { return nil }
        return String(utf8Repaired: value)
    }
}
