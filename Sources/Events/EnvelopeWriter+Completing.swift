internal import Bytes

extension EnvelopeWriter {
    /// A body that is a CloudEvent already, with what daprd adds (spec 1.1, "Request is already a CE").
    ///
    /// All other members are kept byte for byte and in their order; bytes after the object are ignored.
    func complete(_ body: RawSpan, _ context: borrowing EnvelopeContext, now: Int64) throws(EnvelopeError) -> [UInt8] {
        guard body.byteCount < UInt32.max else { throw .notAnObject }
        guard var members = JSONMembers(body) else {
            let value = JSONScanner.firstValue(in: body)
            throw value.map { body.extracting($0.range).equals("null") } == true ? .null : .notAnObject
        }
        var known = EnvelopeMembers()
        var contentEnd = members.start + 1
        var watch = RepetitionWatch(names)
        watch.objectBegan()
        while let member = members.next(&watch) {
            known.note(member, in: body)
            contentEnd = member.value.upperBound
        }
        guard members.isComplete else { throw .notAnObject }
        let extent = members.extent
        if extent.needsRepair {
            return try complete(JSONRepair.repaired(body.extracting(extent.range)).rawSpan, context, now: now)
        }
        if watch.isSuspicious, let kept = RepeatedMembers.removed(from: body.extracting(extent.range)) {
            return try complete(kept.rawSpan, context, now: now)
        }
        let plan = CompletionPlan(known, body, context)
        let content = plan.drops(known) ? kept(body, plan) : nil
        if let content { return splice(content.rawSpan, plan, context, now) }
        return splice(body.extracting(members.start + 1..<contentEnd), plan, context, now)
    }

    /// The members that stay, with commas between them.
    private func kept(_ body: RawSpan, _ plan: CompletionPlan) -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(body.byteCount)
        guard var members = JSONMembers(body) else { return content }
        while let member = members.next() {
            if let attribute = EnvelopeMembers.attribute(of: member, in: body), plan.replaced.contains(attribute) {
                continue
            }
            if !content.isEmpty { content.append(0x2C) }
            content.append(body.extracting(member.name.lowerBound - 1..<member.value.upperBound))
        }
        return content
    }

    /// Members that stay and those that are added, as one object.
    private func splice(
        _ content: RawSpan, _ plan: CompletionPlan, _ context: borrowing EnvelopeContext, _ now: Int64
    ) -> [UInt8] {
        let span = context.trace.flatMap { $0.isValid ? $0.bytes : nil } ?? []
        let topic = EscapedText(context.topic)
        let pubsubName = EscapedText(context.pubsubName)
        let state = EscapedText(context.traceState)
        let time = clock.text(at: now)
        let expiration = context.expiration.map { expirationClock.text(at: $0) } ?? []
        let capacity =
            CompletionPlan.fixedLength + content.byteCount + 2 * span.count + topic.length + pubsubName.length
            + state.length + time.count + expiration.count
        return [UInt8](capacity: capacity) { writer in
            writer.write(0x7B)
            writer.write(content)
            if content.byteCount > 0 { writer.write(0x2C) }
            if plan.adds(.expiration) {
                writer.write("\"expiration\":\"")
                writer.write(expiration)
                writer.write("\",")
            }
            writer.write("\"pubsubname\":\"")
            pubsubName.write(to: &writer)
            if plan.adds(.source) { writer.write("\",\"source\":\"Dapr") }
            if plan.adds(.specVersion) { writer.write("\",\"specversion\":\"1.0") }
            if plan.adds(.time) {
                writer.write("\",\"time\":\"")
                writer.write(time)
            }
            writer.write("\",\"topic\":\"")
            topic.write(to: &writer)
            if plan.adds(.traceID) {
                writer.write("\",\"traceid\":\"")
                writer.write(span)
                writer.write("\",\"traceparent\":\"")
                writer.write(span)
            }
            if plan.adds(.traceState) {
                writer.write("\",\"tracestate\":\"")
                state.write(to: &writer)
            }
            if plan.adds(.type) { writer.write("\",\"type\":\"com.dapr.event.sent") }
            writer.write("\"}")
        }
    }
}

/// Which members of a CloudEvent are set anew. A member that is set replaces all of its name.
private struct CompletionPlan {
    /// The members that are set.
    private(set) var replaced = AttributeSet()

    /// The length of everything that may be added, without values.
    static let fixedLength = """
        {,"expiration":"","pubsubname":"","source":"Dapr","specversion":"1.0","time":"","topic":"",\
        "traceid":"","traceparent":"","tracestate":"","type":"com.dapr.event.sent"}
        """.utf8.count

    init(_ known: EnvelopeMembers, _ body: RawSpan, _ context: borrowing EnvelopeContext) {
        replaced.insert(.topic)
        replaced.insert(.pubsubName)
        // Absent is meant literally here: a null stays.
        if known[.time] == nil { replaced.insert(.time) }
        if known[.traceState] == nil { replaced.insert(.traceState) }
        if known[.traceID] == nil {
            replaced.insert(.traceID)
            replaced.insert(.traceParent)
        }
        for attribute in [EventAttribute.source, .type, .specVersion] {
            let isNull = known[attribute].map { body.extracting($0).equals("null") } ?? true
            if isNull { replaced.insert(attribute) }
        }
        if context.expiration != nil { replaced.insert(.expiration) }
    }

    func adds(_ attribute: EventAttribute) -> Bool { replaced.contains(attribute) }

    /// Whether some of the members that are there must go.
    func drops(_ known: EnvelopeMembers) -> Bool {
        EventAttribute.allCases.contains { replaced.contains($0) && known[$0] != nil }
    }
}

/// A few attributes as bits.
private struct AttributeSet {
    private var bits: UInt32 = 0

    mutating func insert(_ attribute: EventAttribute) { bits |= 1 << UInt32(attribute.rawValue) }

    func contains(_ attribute: EventAttribute) -> Bool { bits >> UInt32(attribute.rawValue) & 1 != 0 }
}
