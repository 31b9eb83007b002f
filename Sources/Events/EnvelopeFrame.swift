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

/// The frames used last, the most used ones in front. What does not fit is made anew, which costs some 300 ns.
struct EnvelopeFrames {
    /// How many are kept.
    static let capacity = 8

    private var frames: [EnvelopeFrame] = []

    /// The frame for a context.
    @inline(__always)
    mutating func frame(for context: borrowing EnvelopeContext) -> EnvelopeFrame {
        if let first = frames.first, first.fits(context) { return first }
        return slowly(context)
    }

    @inline(never)
    private mutating func slowly(_ context: borrowing EnvelopeContext) -> EnvelopeFrame {
        for index in frames.indices where frames[index].fits(context) {
            if index > 0 { frames.swapAt(index, index - 1) }
            return frames[max(0, index - 1)]
        }
        if frames.count == EnvelopeFrames.capacity { frames.removeLast() }
        let frame = EnvelopeFrame(context)
        frames.append(frame)
        return frame
    }
}
