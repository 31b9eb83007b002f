import Bytes
import FuzzDriver
import MQTTClient

@main
struct Main {
    static func main() { martlet_fuzz_main(CommandLine.argc, CommandLine.unsafeArgv) }
}

/// Reads any bytes as packets of an MQTT broker, whole, cut in two and byte by byte, and each packet as an event and as an acknowledgement, in
/// both versions.
///
/// What must hold: nothing traps and no bound is passed; the packets do not depend on the cuts; an event that was read and written is read the
/// same again; a filter that is taken can be compared with any name.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMQTTPackets(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    let whole = packets(bytes, size: max(1, bytes.count))
    let halves = packets(bytes, size: max(1, bytes.count / 2))
    let single = packets(bytes, size: 1)
    precondition(whole.packets == halves.packets && halves.packets == single.packets, "a cut changed the packets")
    precondition(whole.isRefused == single.isRefused, "a cut changed whether the bytes are MQTT")
    for packet in whole.packets {
        for version in [MQTTVersion.v311, .v5] { takeApart(packet, version) }
    }
    let text = String(decoding: bytes, as: UTF8.self)
    if MQTTTopic.refusal(ofFilter: text) == nil {
        let filter = MQTTTopic.matched(text)
        precondition(MQTTTopic.isPattern(filter) || MQTTTopic.matches(filter, filter), "a name matches itself")
    }
    return 0
}

private func packets(_ bytes: [UInt8], size: Int) -> (packets: [[UInt8]], isRefused: Bool) {
    var reader = MQTTPacketReader(maximum: 1 << 16)
    var packets: [[UInt8]] = []
    do throws(MQTTFailure) {
        for start in stride(from: 0, to: bytes.count, by: size) {
            try reader.feed(bytes.rawSpan.extracting(start..<min(start + size, bytes.count))) {
                packet throws(MQTTFailure) in packets.append([UInt8](packet))
            }
        }
    } catch { return (packets, true) }
    return (packets, false)
}

private func takeApart(_ packet: [UInt8], _ version: MQTTVersion) {
    _ = try? MQTTAcknowledgement(packet.rawSpan, version: version)
    guard let event = try? MQTTPublish(packet.rawSpan, version: version), event.properties.tooLong == nil,
        event.topic.utf8.count <= MQTTTopic.lengthMaximum
    else { return }
    var written: [UInt8] = []
    event.append(to: &written, version: version)
    precondition(written.count == event.encodedLength(version), "an event has the length that it tells")
    precondition((try? MQTTPublish(written.rawSpan, version: version)) == event, "an event is written as it was read")
}
