import MQTTClient
import Testing

struct MQTTTopicTests {
    @Test(arguments: [
        ("a/b", "a/b", true), ("a/b", "a/c", false), ("a/b", "a/b/c", false), ("a/b/c", "a/b", false),
        ("a/+", "a/b", true), ("a/+", "a/", true), ("a/+", "a", false), ("a/+", "a/b/c", false),
        ("+/b", "a/b", true), ("+/+", "/b", true), ("+", "/b", false), ("/+", "/b", true),
        ("#", "a", true), ("#", "a/b/c", true), ("a/#", "a", true), ("a/#", "a/b/c", true), ("a/#", "ab", false),
        ("a/+/c", "a/b/c", true), ("a/+/c", "a/b/d", false), ("a/+/#", "a/b", true), ("a/+/#", "a", false),
        ("#", "$SYS/x", false), ("+/x", "$SYS/x", false), ("$SYS/#", "$SYS/x", true), ("A", "a", false),
        ("a//b", "a//b", true), ("a/+/b", "a//b", true),
    ])
    func `a filter matches what the specification says`(_ filter: String, _ name: String, _ matches: Bool) {
        #expect(MQTTTopic.matches(filter, name) == matches)
    }

    @Test(arguments: [
        ("a/b", true), ("#", true), ("+/a/#", true), ("$share/g/a/+", true), ("a/#/b", false), ("a#", false),
        ("a+/b", false), ("", false), ("a\0", false), ("$share/g", false), ("$share//a", false), ("$share/+/a", false),
        ("$share/g/", false), ("$share/g/a#", false),
    ])
    func `filters that MQTT does not have are refused`(_ filter: String, _ isTaken: Bool) {
        #expect((MQTTTopic.refusal(ofFilter: filter) == nil) == isTaken)
    }

    @Test(arguments: [("a/b", true), ("a/+", false), ("#", false), ("", false), ("a\0b", false), ("ü/日本", true)])
    func `names with wildcards or nothing in them are refused`(_ name: String, _ isTaken: Bool) {
        #expect((MQTTTopic.refusal(ofName: name) == nil) == isTaken)
    }

    @Test func `names are compared with what follows the group of a shared subscription`() {
        #expect(MQTTTopic.matched("$share/g/a/+") == "a/+")
        #expect(MQTTTopic.matched("a/+") == "a/+")
    }
}
