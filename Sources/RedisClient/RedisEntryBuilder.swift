internal import Bytes

/// Builds the entries of a stream from the elements of a reply as they come, without a tree of them.
///
/// Pure: elements in, entries out. The form is that of Redis' documentation; anything else is noted in `isMalformed` and gives no entries.
///
///     readEntries: [ [name, [ entry … ]] ]       entries: [ entry … ]       entry: [id, [field, value …]] | [id, null] | null
struct RedisEntryBuilder {
    /// The fields that are kept.
    private enum Field {
        case data
        case metadata
        case key
        case other
    }

    /// Arrays around the entries themselves.
    private var outer = 1
    /// What is missing of each array that is open, the outermost first; the reader allows seven.
    private var missing = InlineArray<8, Int>(repeating: 0)
    /// What came of each array that is open.
    private var seen = InlineArray<8, Int>(repeating: 0)
    private var depth = 0
    private var entry: RedisEntry?
    private var field = Field.other

    private(set) var entries: [RedisEntry] = []
    /// The reply has another form.
    private(set) var isMalformed = false
    /// The reply is complete.
    private(set) var isDone = false

    /// Whether an element of the reply has come.
    private(set) var isBuilding = false

    /// Makes it ready for the next reply.
    mutating func begin(_ form: RedisReplyForm) {
        outer = form == .readEntries ? 3 : 1
        depth = 0
        entry = nil
        entries = []
        isMalformed = false
        isDone = false
        isBuilding = true
    }

    /// Takes the entries of a reply that is complete; nil where it has another form.
    mutating func finish() -> [RedisEntry]? {
        isBuilding = false
        var taken: [RedisEntry] = []
        swap(&taken, &entries)
        return isMalformed ? nil : taken
    }

    /// Where an entry's own array is: its elements are the id and the fields.
    private var entryDepth: Int { outer + 1 }

    /// An array begins.
    mutating func open(_ count: Int) {
        guard depth < 7 else { return isMalformed = true }
        check(opening: count)
        if count == 0 { return elementEnded() }
        missing[depth] = count
        seen[depth] = 0
        depth += 1
        if depth == outer { entries.reserveCapacity(min(count, 1024)) }
    }

    /// Whether an array of so many elements may stand here.
    private mutating func check(opening count: Int) {
        let index = depth > 0 ? seen[depth - 1] : 0
        let isExpected =
            switch depth - outer {
            case 1: index == 1 && count.isMultiple(of: 2)
            case 0: count == 2
            case -1: depth == 0 || index == 1
            case -2: count == 2
            case -3: count == 1
            default: false
            }
        if !isExpected { isMalformed = true }
    }

    /// Bytes with a length.
    mutating func bulk(_ bytes: RawSpan) {
        let index = depth > 0 ? seen[depth - 1] : 0
        switch depth - outer {
        case 2:
            if index.isMultiple(of: 2) { field = RedisEntryBuilder.field(bytes) } else { keep(bytes) }
        case 1:
            if index == 0, let id = RedisEntry.id(bytes) { entry = RedisEntry(id: id) } else { isMalformed = true }
        // The stream's name.
        case -1 where depth == 2 && index == 0: break
        default: isMalformed = true
        }
        elementEnded()
    }

    /// Nothing: no entries at all, an entry that was deleted (before Redis 7), or one without fields.
    mutating func null() {
        let index = depth > 0 ? seen[depth - 1] : 0
        let isExpected = depth == 0 || depth == outer || depth == entryDepth && index == 1
        if !isExpected { isMalformed = true }
        elementEnded()
    }

    /// An element of any other kind.
    mutating func other() {
        isMalformed = true
        elementEnded()
    }

    private static func field(_ name: RawSpan) -> Field {
        switch name.byteCount {
        case 4: name.equals("data") ? .data : .other
        case 8: name.equals("metadata") ? .metadata : .other
        case 3: name.equals("key") ? .key : .other
        default: .other
        }
    }

    private mutating func keep(_ value: RawSpan) {
        switch field {
        case .data: entry?.body = [UInt8](value)
        case .metadata: entry?.metadata = [UInt8](value)
        case .key: entry?.key = [UInt8](value)
        case .other: return
        }
    }

    /// An element is complete, and with it perhaps the arrays around it.
    private mutating func elementEnded() {
        while depth > 0 {
            seen[depth - 1] += 1
            missing[depth - 1] -= 1
            guard missing[depth - 1] == 0 else { return }
            depth -= 1
            if depth == outer { entryEnded() }
        }
        isDone = true
    }

    private mutating func entryEnded() {
        if let entry = entry.take(), !isMalformed { entries.append(entry) }
    }
}
