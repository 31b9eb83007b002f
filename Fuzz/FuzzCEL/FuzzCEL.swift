import Events
import FuzzDriver
import Rules

@main
struct Main {
    static func main() { martlet_fuzz_main(CommandLine.argc, CommandLine.unsafeArgv) }
}

/// Any bytes as an expression must compile or be refused; what compiles must evaluate to an answer or an error within its budget.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCEL(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let source = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    do {
        let rule = try Rule(source)
        _ = try rule.matches(event)
        _ = try rule.matches(text)
    } catch {
        // The text of an error is made from the source, so it is part of what is tried.
        precondition(!error.description.isEmpty)
    }
    return 0
}

private let text = RuleEvent(text: "raw \u{E9} text")

private let event = RuleEvent(
    .object([
        JSONMember(name: "id", value: .string("1")),
        JSONMember(name: "type", value: .string("order.created")),
        JSONMember(name: "time", value: .string("2024-05-06T07:08:09.5+02:00")),
        JSONMember(
            name: "data",
            value: .object([
                JSONMember(name: "total", value: .number("120.5")),
                JSONMember(name: "big", value: .number("1e400")),
                JSONMember(name: "tags", value: .array([.string("a"), .string("gr\u{FC}n"), .null, .bool(true)])),
                JSONMember(name: "list", value: .array((0..<100).map { .number("\($0)") })),
                JSONMember(name: "nested", value: .object([JSONMember(name: "x", value: .array([]))])),
            ])),
    ]))
