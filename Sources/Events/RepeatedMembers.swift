internal import Bytes

/// Finds the members that a later one of the same name and object makes meaningless, as Go's decoder keeps the last. Exact, and for texts that
/// are suspected only: it takes memory for every name.
package struct RepeatedMembers: JSONNameWatch {
    private struct Frame {
        /// The latest member of each name, escapes decoded.
        var latest: [[UInt8]: Int] = [:]
        /// Where the members begin, with their opening quotes.
        var starts: [Int] = []
    }

    private var frames: [Frame] = []
    private var removals: [Range<Int>] = []

    private init() {}

    /// A JSON text without its repeated members, everything else byte for byte; nil where there are none. Linear in the text.
    package static func removed(from json: RawSpan) -> [UInt8]? {
        var watch = RepeatedMembers()
        guard JSONScanner.firstValue(in: json, watch: &watch) != nil, !watch.removals.isEmpty else { return nil }
        var kept: [UInt8] = []
        kept.reserveCapacity(json.byteCount)
        var position = 0
        // What lies inside of something that goes, goes with it.
        for removal in watch.removals.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if removal.lowerBound > position { kept.append(json.extracting(position..<removal.lowerBound)) }
            position = max(position, removal.upperBound)
        }
        kept.append(json.extracting(position..<json.byteCount))
        return kept
    }

    mutating func objectBegan() { frames.append(Frame()) }

    mutating func named(_ bytes: RawSpan, _ name: Range<Int>) {
        note([UInt8](bytes.extracting(name)), at: name.lowerBound - 1)
    }

    mutating func namedWithEscape(_ bytes: RawSpan, _ name: Range<Int>) {
        note(JSONText.unescaped(bytes.extracting(name)), at: name.lowerBound - 1)
    }

    mutating func objectEnded() { frames.removeLast() }

    /// A member goes from its opening quote to that of the next one: there is always a next one, as the name comes again.
    private mutating func note(_ name: [UInt8], at quote: Int) {
        let frame = frames.count - 1
        let index = frames[frame].starts.count
        frames[frame].starts.append(quote)
        guard let earlier = frames[frame].latest.updateValue(index, forKey: name) else { return }
        removals.append(frames[frame].starts[earlier]..<frames[frame].starts[earlier + 1])
    }
}
