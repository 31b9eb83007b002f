import Bytes
import Testing

@Suite struct Searching {
    @Test(arguments: [
        ("", false), ("://", true), ("redis://h", true), ("a:b:/:///", true), (":/", false), ("h:6379", false),
    ])
    func `a text is found anywhere`(text: String, expected: Bool) {
        #expect(text.contains(text: "://") == expected)
        #expect(text.contains(text: ""))
    }
}
