/// Reads command lines as daprd does (spec 6.1): `--name value`, `--name=value`, one dash or two, letters where a flag has one.
package struct OptionParser: Sendable {
    private let flags: [OptionFlag]
    /// Whether the first argument that is no flag ends the flags, as before the command of `run`.
    private let stopsAtFirstOther: Bool

    package init(_ flags: [OptionFlag], stopsAtFirstOther: Bool = false) {
        self.flags = flags
        self.stopsAtFirstOther = stopsAtFirstOther
    }

    /// Reads the arguments, without the program's name.
    /// - Throws: `.usage` with the reason, or `.helpWanted`.
    package func parse(_ arguments: [String]) throws(OptionError) -> OptionValues {
        var values = OptionValues(flags)
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            index += 1
            if argument == "--" {
                values.rest += arguments[index...]
                break
            }
            guard argument.first == "-", argument.count > 1 else {
                values.rest.append(argument)
                if stopsAtFirstOther {
                    values.rest += arguments[index...]
                    break
                }
                continue
            }
            let (flag, attached) = try flag(argument)
            if let value = attached ?? (flag.kind == .toggle ? "true" : nil) {
                try add(value, to: flag, of: &values)
            } else {
                guard index < arguments.count else { throw .usage("flag needs an argument: --\(flag.name)") }
                try add(arguments[index], to: flag, of: &values)
                index += 1
            }
        }
        return values
    }

    private func add(_ value: String, to flag: OptionFlag, of values: inout OptionValues) throws(OptionError) {
        if let complaint = flag.complaint(about: value) {
            throw .usage("invalid argument \"\(value)\" for \"--\(flag.name)\" flag: \(complaint)")
        }
        values.add(value, to: flag)
    }

    /// The flag that an argument names, and the value that is attached to it.
    private func flag(_ argument: String) throws(OptionError) -> (OptionFlag, String?) {
        let isShort = !argument.hasPrefix("--")
        let body = argument.dropFirst(isShort ? 1 : 2)
        let equals = body.firstIndex(of: "=")
        let name = equals.map { body[..<$0] } ?? body
        let attached = equals.map { String(body[body.index(after: $0)...]) }
        if let flag = flags.first(where: { $0.name == name }) { return (flag, attached) }
        if isShort, name.count == 1, let flag = flags.first(where: { $0.letter == name.first }) {
            return (flag, attached)
        }
        if name == "help" || (isShort && name == "h") { throw .helpWanted }
        if name.isEmpty { throw .usage("bad flag syntax: \(argument)") }
        throw .usage("unknown flag: --\(name)")
    }
}
