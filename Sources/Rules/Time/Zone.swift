/// A time zone: an offset as written, or a name of the time zone database.
struct Zone: Sendable {
    private let fixed: Int64
    private let rules: ZoneFile?

    private init(fixed: Int64, rules: ZoneFile? = nil) {
        self.fixed = fixed
        self.rules = rules
    }

    static let utc = Zone(fixed: 0)

    /// Finds a zone: `""`, `UTC`, `+02:00`, `-8:30` or a name such as `Asia/Kolkata`. A name reads a small file, which a constant does once.
    ///
    /// - Throws: What Go says about a name or an offset that it does not know.
    init(_ name: String) throws(Failure) {
        if let colon = name.utf8.firstIndex(of: 0x3A) {
            self.init(fixed: try Self.offset(name, colon: colon))
            return
        }
        if name.isEmpty || name == "UTC" {
            self = .utc
            return
        }
        guard Self.isName(name) else { throw .other("time: invalid location name") }
        guard let bytes = Native.zoneFile(named: name), let rules = ZoneFile(bytes) else {
            throw .other("unknown time zone \(name)")
        }
        self.init(fixed: 0, rules: rules)
    }

    /// Seconds east of UTC at a moment.
    func offset(at seconds: Int64) -> Int64 {
        rules?.offset(at: seconds) ?? fixed
    }

    private static func offset(_ text: String, colon: String.Index) throws(Failure) -> Int64 {
        let hourText = text[..<colon]
        let minuteText = text[text.index(after: colon)...]
        guard let hours = Int64(hourText), let minutes = Int64(minuteText), hours.magnitude <= 1_000 else {
            throw .other("strconv.Atoi: parsing \"\(Int64(hourText) == nil ? hourText : minuteText)\": invalid syntax")
        }
        guard (0...59).contains(minutes) else {
            throw .other("timezone offset minutes out of range [0, 59]: \(text)")
        }
        return (hours * 60 + (text.utf8.first == 0x2D ? -minutes : minutes)) * 60
    }

    /// Nothing but the characters of such names, so that no name leads out of the database.
    private static func isName(_ name: String) -> Bool {
        guard name.utf8.count <= RuleLimits.zoneNameLength, name.utf8.first != 0x2F, !name.utf8.contains(0x2E) else {
            return false
        }
        return name.unicodeScalars.allSatisfy { $0.isLetter || $0.isDigit || "/_+-".unicodeScalars.contains($0) }
    }
}
