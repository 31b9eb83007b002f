package import Bytes
internal import Events

/// What the app's answer to a bulk delivery means for each of its events (spec 1.6, "Bulk subscribe").
package enum BulkAnswer {
    /// One verdict for each entry, in their order. Whatever is not said clearly is to be tried again.
    /// - Parameter ids: the entry ids, as they were sent.
    package static func verdicts(status: Int, body: [UInt8], ids: [UUIDv4]) -> [AppVerdict] {
        guard (200..<300).contains(status) else {
            let verdict: AppVerdict =
                status == 404 ? .notFound : .retry(reason: "the app answered \(status)", status: status)
            return [AppVerdict](repeating: verdict, count: ids.count)
        }
        var reader = BulkStatuses(ids)
        guard reader.read(body.rawSpan) else {
            let reason = "the app's answer to a bulk delivery is not {\"statuses\":[{\"entryId\":…,\"status\":…}]}"
            return [AppVerdict](repeating: .retry(reason: reason, status: nil), count: ids.count)
        }
        return reader.verdicts
    }
}

/// Reads the list of statuses without a tree. As Go does: names are compared without case, null is as absent, the last of two counts, and
/// bytes after the object are not looked at.
private struct BulkStatuses {
    /// The texts of the ids, one behind the other.
    private let expected: [UInt8]
    private let count: Int
    private var found: [AppVerdict?]
    /// Where the next status probably belongs: apps answer in the order of the entries.
    private var cursor = 0
    private var unknownIDs = 0

    init(_ ids: [UUIDv4]) {
        count = ids.count
        expected = [UInt8](capacity: ids.count * UUIDv4.textLength) { writer in
            for id in ids { writer.write(id) }
        }
        found = [AppVerdict?](repeating: nil, count: ids.count)
    }

    /// The verdicts, once the answer was read.
    var verdicts: [AppVerdict] {
        let unknown = unknownIDs > 0 ? "; it names \(unknownIDs) unknown entries" : ""
        let missing = AppVerdict.retry(reason: "the app's answer has no status for this entry\(unknown)", status: nil)
        return found.map { $0 ?? missing }
    }

    /// False where the answer is not what it should be; nothing in it counts then.
    mutating func read(_ body: RawSpan) -> Bool {
        guard var members = JSONMembers(body) else {
            return JSONScanner.firstValue(in: body).map { body.extracting($0.range).equals("null") } ?? false
        }
        while let member = members.next() {
            guard ASCII.equalIgnoringCase(body.extracting(member.name), "statuses" as StaticString) else { continue }
            guard readList(body, member.value) else { return false }
        }
        return members.isComplete
    }

    private mutating func readList(_ body: RawSpan, _ range: Range<Int>) -> Bool {
        found = [AppVerdict?](repeating: nil, count: count)
        guard var elements = JSONElements(body, at: range.lowerBound) else {
            return body.extracting(range).equals("null")
        }
        while let element = elements.next() {
            guard readStatus(body.extracting(element)) else { return false }
        }
        return elements.isComplete
    }

    private mutating func readStatus(_ element: RawSpan) -> Bool {
        var id: Range<Int>?
        var status: Range<Int>?
        guard var members = JSONMembers(element) else {
            unknownIDs += 1
            return element.equals("null")
        }
        while let member = members.next() {
            let name = element.extracting(member.name)
            let isID = ASCII.equalIgnoringCase(name, "entryId" as StaticString)
            guard isID || ASCII.equalIgnoringCase(name, "status" as StaticString) else { continue }
            let value = element.extracting(member.value)
            guard value[0] == 0x22 || value.equals("null") else { return false }
            let content = value[0] == 0x22 ? member.value.lowerBound + 1..<member.value.upperBound - 1 : nil
            if isID { id = content ?? id } else { status = content ?? status }
        }
        guard let id, let index = index(of: element.extracting(id)) else {
            unknownIDs += 1
            return true
        }
        found[index] = BulkStatuses.verdict(element.extracting(status ?? 0..<0))
        cursor = index + 1
        return true
    }

    private static func verdict(_ status: RawSpan) -> AppVerdict {
        if status.byteCount == 0 { return .retry(reason: "the app gave the entry no status", status: nil) }
        if status.equals("SUCCESS") { return .success }
        if status.equals("DROP") { return .drop }
        if status.equals("RETRY") {
            return .retry(reason: "the app asked for another attempt (RETRY)", status: nil)
        }
        return .retry(reason: "the app answered an unknown status", status: nil)
    }

    private func index(of id: RawSpan) -> Int? {
        guard id.byteCount == UUIDv4.textLength else { return nil }
        for step in 0..<count {
            let index = (cursor + step) % count
            let start = index * UUIDv4.textLength
            if expected.rawSpan.extracting(start..<start + UUIDv4.textLength).equals(id) { return index }
        }
        return nil
    }
}
