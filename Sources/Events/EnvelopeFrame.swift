internal import Bytes

/// The parts that are the same in all envelopes of one topic, component, application and content type, escaped once.
final class EnvelopeFrame {
    private let topicName: String
    private let pubsubName: String
    private let appID: String
    private let contentTypeText: String
    /// What the content type means.
    let kind: ContentKind
    /// The value of `datacontenttype`.
    let contentType: [UInt8]
    /// From the end of the id to the beginning of the source.
    let pubsub: [UInt8]
    /// The application as the source.
    let source: [UInt8]
    /// From the end of the time to the beginning of the trace id.
    let topic: [UInt8]

    /// The length of the parts.
    var length: Int { contentType.count + pubsub.count + source.count + topic.count }

    init(_ context: borrowing EnvelopeContext) {
        topicName = context.topic
        pubsubName = context.pubsubName
        appID = context.appID
        contentTypeText = context.contentType
        kind = ContentKind(contentTypeText)
        contentType = EnvelopeFrame.escaped(
            "", contentTypeText.isEmpty ? EnvelopeWriter.defaultContentType : contentTypeText, "")
        pubsub = EnvelopeFrame.escaped("\",\"pubsubname\":\"", pubsubName, "\",\"source\":\"")
        source = EnvelopeFrame.escaped("", appID, "")
        topic = EnvelopeFrame.escaped("\",\"topic\":\"", topicName, "\",\"traceid\":\"")
    }

    private static func escaped(_ before: StaticString, _ value: String, _ after: StaticString) -> [UInt8] {
        let text = EscapedText(value)
        return [UInt8](capacity: before.utf8CodeUnitCount + text.length + after.utf8CodeUnitCount) { writer in
            writer.write(before)
            text.write(to: &writer)
            writer.write(after)
        }
    }

    /// Whether the frame is the one for a context.
    @inline(__always)
    func fits(_ context: borrowing EnvelopeContext) -> Bool {
        topicName.hasSameBytes(as: context.topic) && contentTypeText.hasSameBytes(as: context.contentType)
            && pubsubName.hasSameBytes(as: context.pubsubName) && appID.hasSameBytes(as: context.appID)
    }
}

/// The frames used last, each at the place that its topic's hash gives. What is not there is made anew, which costs some 300 ns.
struct EnvelopeFrames {
    /// How many are kept at most; two topics at one place take turns.
    static let capacity = 256

    private var frames: [EnvelopeFrame?] = []
    private var last: EnvelopeFrame?

    /// The frame for a context.
    @inline(__always)
    mutating func frame(for context: borrowing EnvelopeContext) -> EnvelopeFrame {
        if let last, last.fits(context) { return last }
        return slowly(context)
    }

    @inline(never)
    private mutating func slowly(_ context: borrowing EnvelopeContext) -> EnvelopeFrame {
        if frames.isEmpty { frames = Array(repeating: nil, count: EnvelopeFrames.capacity) }
        // Whoever finds topics of one place makes frames anew, and nothing worse.
        let hash = context.topic.withRawSpan { $0.hash() }
        let place = Int(truncatingIfNeeded: hash) & (EnvelopeFrames.capacity - 1)
        let frame: EnvelopeFrame
        if let kept = frames[place], kept.fits(context) {
            frame = kept
        } else {
            frame = EnvelopeFrame(context)
            frames[place] = frame
        }
        last = frame
        return frame
    }
}
