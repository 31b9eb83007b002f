import Bytes
import Testing

@testable import Events

/// The moment at which the tests publish: 2026-11-21T00:00:00Z.
let testMoment: Int64 = 1_795_219_200_000_000_000

/// A span of bytes is not escapable, so the tests go through texts and arrays.
func parsed(_ text: String) -> JSONValue? { try? JSONValue.parse(Array(text.utf8)) }

/// What Go would write of a JSON text.
func canonical(_ json: [UInt8]) -> String? {
    guard let value = try? JSONValue.parse(json) else { return nil }
    var output: [UInt8] = []
    JSONWriter.append(value, sorted: true, to: &output)
    return String(decoding: output, as: UTF8.self)
}

/// A text in UTF-8, checked.
func string(_ bytes: [UInt8]) -> String { String(utf8Checked: bytes.rawSpan) ?? "not UTF-8" }
