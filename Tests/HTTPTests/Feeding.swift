import Bytes
import HTTP

/// What the reader made of a connection's bytes, in words that can be compared.
struct Reading: Equatable, CustomStringConvertible {
    var events: [String] = []
    var error: HTTPParseError?

    var description: String { "\(events) \(error.map { "\($0)" } ?? "")" }
}

/// Feeds requests in pieces of the given sizes (the last size repeats) and tells what came out.
func readRequests(_ bytes: [UInt8], pieces: [Int] = [Int.max], limits: HTTPLimits = HTTPLimits()) -> Reading {
    var reader = HTTPRequestReader(limits: limits)
    var reading = Reading()
    var start = 0
    var index = 0
    while start < bytes.count {
        let size = max(1, pieces[min(index, pieces.count - 1)])
        let end = size > bytes.count - start ? bytes.count : start + size
        index += 1
        let piece = [UInt8](bytes[start..<end])
        var offset = 0
        do {
            feeding: while true {
                switch try reader.next(piece.rawSpan, from: &offset) {
                case .needsMore: break feeding
                case .head: reading.events.append(describe(reader.head))
                case .complete: reading.events.append("body " + String(decoding: reader.takeBody(), as: UTF8.self))
                }
            }
        } catch {
            reading.error = error
            return reading
        }
        start = end
    }
    if !reader.isIdle { reading.events.append("more") }
    return reading
}

func readRequests(_ text: String, pieces: [Int] = [Int.max], limits: HTTPLimits = HTTPLimits()) -> Reading {
    readRequests([UInt8](text.utf8), pieces: pieces, limits: limits)
}

private func describe(_ head: HTTPRequestHead?) -> String {
    guard let head else { return "no head" }
    let bytes = head.fields.bytes
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    var words = [text(head.methodRange), text(head.target.path)]
    words.append(head.target.query.map { "?" + text($0) } ?? "-")
    for index in 0..<head.fields.count {
        words.append(head.fields.nameText(at: index) + "=" + head.fields.valueText(at: index))
    }
    words.append(head.keepsAlive ? "keep" : "close")
    return words.joined(separator: " ")
}

/// What the reader made of one response.
func readResponse(
    _ text: String, pieces: Int = Int.max, toHead: Bool = false, ends: Bool = false, limits: HTTPLimits = HTTPLimits()
) -> Reading {
    var reader = HTTPResponseReader(limits: limits)
    reader.begin(toHead: toHead)
    let bytes = [UInt8](text.utf8)
    var reading = Reading()
    var start = 0
    do {
        while start < bytes.count {
            let end = pieces > bytes.count - start ? bytes.count : start + pieces
            let piece = [UInt8](bytes[start..<end])
            var offset = 0
            if try reader.read(piece.rawSpan, from: &offset) {
                reading.events = ["\(reader.head?.status ?? 0)", String(decoding: reader.body, as: UTF8.self)]
                if start + offset < bytes.count { reading.events.append("left \(bytes.count - start - offset)") }
                return reading
            }
            start = end
        }
        if ends {
            if reader.end() {
                reading.events = ["\(reader.head?.status ?? 0)", String(decoding: reader.body, as: UTF8.self), "end"]
            } else {
                reading.error = .truncated
            }
        } else {
            reading.events = ["more"]
        }
    } catch {
        reading.error = error
    }
    return reading
}
