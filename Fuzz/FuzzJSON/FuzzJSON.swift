import Bytes
import Events
import FuzzDriver

@main
struct Main {
    static func main() { martlet_fuzz_main(CommandLine.argc, CommandLine.unsafeArgv) }
}

/// Judges any bytes as JSON in all the ways there are; they must agree.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    let only = JSONScanner.onlyValue(in: bytes.rawSpan)
    let first = JSONScanner.firstValue(in: bytes.rawSpan)
    if only != nil { precondition(only == first, "the only value is the first") }

    let tree = tree { () throws(JSONSyntaxError) in try JSONValue.parse(bytes) }
    if let tree { precondition((tree.value != nil) == (only != nil), "scanner and tree judge a text alike") }
    let firstTree = treeOfFirst(bytes)
    if let firstTree {
        precondition((firstTree.value != nil) == (first != nil), "scanner and tree judge a first value alike")
    }

    checkMembers(bytes, first)
    if let first { checkRepair(Array(bytes[first.range]), first.needsRepair, firstTree?.value) }
    if let first { checkRepetitions(Array(bytes[first.range])) }
    checkStrings(bytes)
    return 0
}

/// Without members that come again a text is a text, is shorter, and has none that come again.
func checkRepetitions(_ json: [UInt8]) {
    guard let kept = RepeatedMembers.removed(from: json.rawSpan) else { return }
    precondition(kept.count < json.count, "something was removed")
    precondition(JSONScanner.onlyValue(in: kept.rawSpan) != nil, "what is left is JSON")
    precondition(RepeatedMembers.removed(from: kept.rawSpan) == nil, "nothing comes again")
}

/// What the tree parser said; a text with too many values is not judged.
struct Judgement {
    var value: JSONValue?
}

func tree(_ parse: () throws(JSONSyntaxError) -> JSONValue) -> Judgement? {
    do {
        return Judgement(value: try parse())
    } catch {
        return error.reason == .tooManyValues ? nil : Judgement(value: nil)
    }
}

func treeOfFirst(_ bytes: [UInt8]) -> Judgement? {
    do {
        return Judgement(value: try JSONValue.parseFirst(bytes.rawSpan))
    } catch {
        return error.reason == .tooManyValues ? nil : Judgement(value: nil)
    }
}

/// Going over the members of an object is as strict as scanning it, and finds the same end.
func checkMembers(_ bytes: [UInt8], _ first: JSONExtent?) {
    guard var members = JSONMembers(bytes.rawSpan) else {
        if let first { precondition(bytes[first.range.lowerBound] != 0x7B, "an object has members") }
        return
    }
    while let member = members.next() {
        let name = bytes.rawSpan.extracting(member.name)
        precondition(member.isEscaped == (name.firstIndex(of: 0x5C) != nil), "an escape is noticed")
        precondition(
            JSONScanner.onlyValue(in: bytes.rawSpan.extracting(member.value))?.range.count == member.value.count)
    }
    precondition(members.isComplete == (first != nil), "members and scanner judge an object alike")
    if let first { precondition(members.extent == first, "members and scanner find the same object") }
}

/// Repair changes nothing in the meaning, leaves valid UTF-8, and nothing that needs repair; what needs none stays as it is.
func checkRepair(_ json: [UInt8], _ needsRepair: Bool, _ tree: JSONValue?) {
    let repaired = JSONRepair.repaired(json.rawSpan)
    precondition((repaired != json) == needsRepair, "repair changes what needs it")
    precondition(UTF8Text.firstInvalid(repaired.rawSpan) == nil, "repaired text is UTF-8")
    precondition(JSONScanner.onlyValue(in: repaired.rawSpan)?.needsRepair == false, "repaired text needs no repair")
    guard let tree else { return }
    precondition((try? JSONValue.parse(repaired)) == tree, "repair keeps the meaning")
    precondition((try? JSONValue.parse(tree.bytes)) == tree, "a written tree reads back")
    var sorted: [UInt8] = []
    JSONWriter.append(tree, sorted: true, to: &sorted)
    precondition(JSONScanner.onlyValue(in: sorted.rawSpan)?.needsRepair == false, "a sorted tree is JSON")
}

/// Any bytes survive being written as a string, and the two writers agree.
func checkStrings(_ bytes: [UInt8]) {
    var json: [UInt8] = []
    JSONWriter.appendString(bytes.rawSpan, to: &json)
    precondition(
        (try? JSONValue.parse(json)) == .string(String(utf8Repaired: bytes.rawSpan)), "a written string reads back")
    precondition(JSONWriter.escapedLength(bytes.rawSpan) == json.count - 2, "the length is known beforehand")
    let written = [UInt8](capacity: json.count) { JSONWriter.writeEscaped(bytes.rawSpan, to: &$0) }
    precondition(written == Array(json[1..<json.count - 1]), "both writers agree")
    if let text = String(validating: bytes, as: UTF8.self) {
        precondition(String(utf8Checked: bytes.rawSpan) == text, "valid UTF-8 is taken as it is")
    } else {
        precondition(String(utf8Checked: bytes.rawSpan) == nil, "invalid UTF-8 is noticed")
    }
}
