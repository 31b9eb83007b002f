/// Bulk deliveries as an app reads and answers them. It looks for the few words it needs: the format is tested elsewhere.
enum BulkBody {
    struct Entry {
        let id: String
        let delivery: Int
    }

    private static let idMark = Array("{\"entryId\":\"".utf8)
    private static let deliveryMark = Array("\"delivery\":\"".utf8)

    static func entries(_ body: [UInt8]) -> [Entry] {
        var entries: [Entry] = []
        var from = 0
        while let start = find(idMark, in: body, from: from) {
            guard let mark = find(deliveryMark, in: body, from: start) else { break }
            let end = body[mark...].firstIndex(of: 0x22) ?? mark
            let text = String(decoding: body[mark..<end], as: UTF8.self)
            entries.append(
                Entry(id: String(decoding: body[start..<start + 36], as: UTF8.self), delivery: Int(text) ?? -1))
            from = end
        }
        return entries
    }

    /// Where the bytes behind the mark begin.
    private static func find(_ mark: [UInt8], in body: [UInt8], from: Int) -> Int? {
        guard body.count >= mark.count, from <= body.count - mark.count else { return nil }
        for start in from...body.count - mark.count where body[start] == mark[0] {
            var length = 1
            while length < mark.count, body[start + length] == mark[length] { length += 1 }
            if length == mark.count { return start + length }
        }
        return nil
    }

    /// The app's answer: a word for each entry, as its profile has them, or something that is none.
    static func answer(_ entries: [Entry], _ profile: AppProfile, _ dice: Dice) -> [UInt8] {
        let isBroken = dice.chance(profile.brokenBulk)
        if isBroken, dice.chance(200) { return Array(dice.pick(["", "OK", "[]", "{\"statuses\":[{", "null"]).utf8) }
        var text = "{\"statuses\":["
        for entry in entries {
            if isBroken, dice.chance(300) { continue }
            let word = dice.pick(weighted: [
                (profile.success, "SUCCESS"), (profile.retry, "RETRY"), (profile.drop, "DROP"),
                (profile.unknownWord, "HMM"),
            ])
            if text.utf8.last == 0x7D { text += "," }
            text += "{\"entryId\":\"\(entry.id)\",\"status\":\"\(word)\"}"
        }
        if isBroken, dice.chance(300) {
            if text.utf8.last == 0x7D { text += "," }
            text += "{\"entryId\":\"unknown\",\"status\":\"SUCCESS\"}"
        }
        return Array((text + "]}").utf8)
    }

    /// The words of an answer, by entry: nil where one has none.
    static func words(_ body: [UInt8], _ entries: [Entry]) -> [String?] {
        let text = String(decoding: body, as: UTF8.self)
        guard text.hasSuffix("]}") else { return entries.map { _ in nil } }
        let mark = Array("\"status\":\"".utf8)
        return entries.map { entry in
            guard let start = find(Array("\(entry.id)\"".utf8), in: body, from: 0),
                let word = find(mark, in: body, from: start)
            else { return nil }
            return String(decoding: body[word...].prefix { $0 != 0x22 }, as: UTF8.self)
        }
    }
}
