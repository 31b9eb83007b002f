/// The flags of a command in columns, as daprd prints them.
package enum OptionUsage {
    /// One line a flag, by name; hidden ones are left out.
    package static func text(_ flags: [OptionFlag]) -> String {
        let shown = flags.filter { !$0.isHidden }.sorted { $0.name < $1.name }
        let heads = shown.map { flag in
            let letter = flag.letter.map { "  -\($0), " } ?? "      "
            return letter + "--" + flag.name + (flag.placeholder.map { " \($0)" } ?? "")
        }
        let width = (heads.map(\.count).max() ?? 0) + 3
        return zip(shown, heads).map { flag, head in
            head + String(repeating: " ", count: width - head.count) + flag.usage + suffix(flag) + "\n"
        }.joined()
    }

    private static func suffix(_ flag: OptionFlag) -> String {
        guard let text = flag.defaultText else { return "" }
        return flag.kind == .text ? " (default \"\(text)\")" : " (default \(text))"
    }
}
