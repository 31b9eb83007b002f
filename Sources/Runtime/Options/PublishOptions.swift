internal import Bytes
internal import Events

/// One event that `martlet publish` sends through a running sidecar.
package struct PublishOptions: Sendable {
    /// Where the event's data is.
    package enum Source: Sendable, Equatable {
        case argument(String)
        case file(String)
    }

    package var pubsub: String
    package var topic: String
    package var source: Source
    package var metadata: [(name: String, value: String)] = []
    /// `nil` lets `contentType(of:)` decide.
    package var contentType: String?
    package var port: UInt16
    /// The socket of the sidecar's API, instead of the port.
    package var socketPath: String?
    package var apiToken: String?

    package static let flags: [OptionFlag] = [
        OptionFlag("pubsub", .text, "The pub/sub component that takes the event").letter("p"),
        OptionFlag("topic", .text, "The topic").letter("t"),
        OptionFlag("data", .text, "The event's data, such as '{\"id\": 1}'").letter("d"),
        OptionFlag("data-file", .text, "A file with the event's data; - is the standard input").letter("f"),
        OptionFlag("metadata", .texts, "Metadata as key=value or a JSON object; can be passed multiple times").letter(
            "m"),
        OptionFlag(
            "content-type", .text,
            "The data's content type; unless given, application/cloudevents+json for what is a CloudEvent, else application/json"
        ),
        OptionFlag("dapr-http-port", .text, "The sidecar's HTTP port; unless given, DAPR_HTTP_PORT or 3500"),
        OptionFlag(
            "publish-app-id", .text, "The app whose sidecar is meant; names the socket with --unix-domain-socket"
        )
        .letter("i"),
        OptionFlag("unix-domain-socket", .text, "The directory with the sidecar's socket, instead of a port").letter(
            "u"),
    ]

    /// Reads the arguments.
    /// - Throws: `.usage` for whatever is wrong, or `.helpWanted`.
    package static func parse(
        _ arguments: [String], environment: [String: String]
    ) throws(OptionError) -> PublishOptions {
        let values = try OptionParser(flags).parse(arguments)
        if let other = values.rest.first { throw .usage("there is no place for \"\(other)\"") }
        for name in ["pubsub", "topic"] where values.text(name).isEmpty { throw .usage("--\(name) is needed") }
        let file = values.text("data-file")
        guard values.isGiven("data") != !file.isEmpty else { throw .usage("either --data or --data-file is needed") }
        var options = PublishOptions(
            pubsub: values.text("pubsub"), topic: values.text("topic"),
            source: file.isEmpty ? .argument(values.text("data")) : .file(file == "-" ? "/dev/stdin" : file),
            port: try port(values, environment))
        for text in values.list("metadata") { options.metadata += try pairs(text) }
        if values.given.contains("content-type") { options.contentType = values.text("content-type") }
        if let token = environment["DAPR_API_TOKEN"], !token.isEmpty { options.apiToken = token }
        let (directory, app) = (values.text("unix-domain-socket"), values.text("publish-app-id"))
        if !directory.isEmpty {
            guard !app.isEmpty else { throw .usage("--unix-domain-socket needs --publish-app-id") }
            options.socketPath = "\(directory)/dapr-\(app)-http.socket"
        }
        return options
    }

    /// The target of the request, escaped.
    package var target: [UInt8] {
        var target = Array("/v1.0/publish/".utf8)
        target.append(escaped: pubsub)
        target.append(0x2F)
        target.append(escaped: topic)
        for (index, (name, value)) in metadata.enumerated() {
            target.append(index == 0 ? 0x3F : 0x26)
            target.append(utf8: "metadata.")
            target.append(escaped: name)
            target.append(0x3D)
            target.append(escaped: value)
        }
        return target
    }

    /// The content type that was given; else what the data looks like.
    package func contentType(of data: [UInt8]) -> String {
        if let contentType { return contentType }
        guard case .object(let members)? = try? JSONValue.parse(data) else { return "application/json" }
        let names = Set(members.map(\.name))
        let isEvent = names.isSuperset(of: ["id", "source", "specversion", "type", "data"])
        return isEvent ? "application/cloudevents+json" : "application/json"
    }

    /// What the body of an error answer says, in one line: `ERR_CODE: message` where it has them.
    package static func reason(in body: [UInt8]) -> String {
        guard let value = try? JSONValue.parse(body), let message = value["message"]?.text else {
            return String(decoding: body.prefix(500), as: UTF8.self).printable
        }
        return ((value["errorCode"]?.text.map { "\($0): " } ?? "") + message).printable
    }

    private static func port(_ values: OptionValues, _ environment: [String: String]) throws(OptionError) -> UInt16 {
        let given = values.text("dapr-http-port")
        let text = given.isEmpty ? environment["DAPR_HTTP_PORT"] ?? "3500" : given
        guard let port = UInt16(text), port != 0 else { throw .usage("\"\(text)\" is no port, which is 1 to 65535") }
        return port
    }

    private static func pairs(_ text: String) throws(OptionError) -> [(name: String, value: String)] {
        if text.first == "{" {
            guard case .object(let members)? = try? JSONValue.parse(Array(text.utf8)) else {
                throw .usage("--metadata \"\(text)\" is no JSON object")
            }
            return try members.map { member throws(OptionError) in
                guard let value = member.value.text else {
                    throw .usage("--metadata: the value of \(member.name) is no text")
                }
                return (member.name, value)
            }
        }
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw .usage("--metadata \"\(text)\" is not key=value")
        }
        return [(String(text[..<equals]), String(text[text.index(after: equals)...]))]
    }
}

extension [UInt8] {
    /// Appends a text as one path segment or query part: everything but letters, digits and `- _ . ~` as `%xx`. A segment of dots alone is
    /// escaped, too, as it would be taken for a step in the path.
    fileprivate mutating func append(escaped text: String) {
        let isDots = text.utf8.allSatisfy { $0 == 0x2E }
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F, 0x7E: append(byte)
            case 0x2E where !isDots: append(byte)
            default:
                append(0x25)
                append(Hex.digit(byte >> 4))
                append(Hex.digit(byte & 15))
            }
        }
    }
}

extension String {
    /// The text on one line and without control characters.
    fileprivate var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? " " : $0 }))
    }
}
