/// Moments as text.
enum RFC3339Text {
    /// Nanoseconds since 1970 in whole seconds, as RFC 3339 has them (civil from days, Howard Hinnant).
    static func of(_ nanoseconds: Int64) -> String {
        let seconds = Int(nanoseconds / 1_000_000_000)
        let days = seconds / 86_400 + 719_468
        let era = days / 146_097
        let day = days - era * 146_097
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let ofYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        let date = [year + era * 400 + (month < 10 ? 0 : 1), month < 10 ? month + 3 : month - 9]
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let time = [seconds % 86_400 / 3600, seconds % 3600 / 60, seconds % 60]
        return "\(date[0])-\(two(date[1]))-\(two(ofYear - (153 * month + 2) / 5 + 1))T"
            + time.map(two).joined(separator: ":") + "Z"
    }
}
