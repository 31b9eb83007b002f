import MQTTClient
import Testing

struct MQTTPublishWindowTests {
    private func ended(_ step: MQTTPublishWindow<Int>.Step) -> Int? {
        if case .ended(let waiter) = step { return waiter }
        return nil
    }

    private func released(_ step: MQTTPublishWindow<Int>.Step) -> UInt16? {
        if case .release(let id) = step { return id }
        return nil
    }

    @Test func `QoS 1 ends with PUBACK, in any order`() {
        var window = MQTTPublishWindow<Int>(limit: 3)
        let ids = [window.begin(10, qos: 1), window.begin(11, qos: 1), window.begin(12, qos: 1)]
        #expect(ids == [1, 2, 3])
        #expect(window.isFull)
        #expect(window.begin(13, qos: 1) == nil)
        #expect(ended(window.received(MQTTAcknowledgement(.acknowledged, 2))) == 11)
        #expect(ended(window.received(MQTTAcknowledgement(.acknowledged, 2))) == nil)
        #expect(window.begin(13, qos: 1) == 2)
        #expect(ended(window.received(MQTTAcknowledgement(.acknowledged, 3))) == 12)
        #expect(window.count == 2)
        #expect(window.removeAll() == [10, 13])
        #expect(window.count == 0)
    }

    @Test func `QoS 2 goes over PUBREC, PUBREL and PUBCOMP`() {
        var window = MQTTPublishWindow<Int>(limit: 10)
        #expect(window.begin(1, qos: 2) == 1)
        #expect(ended(window.received(MQTTAcknowledgement(.completed, 1))) == nil)
        #expect(ended(window.received(MQTTAcknowledgement(.acknowledged, 1))) == nil)
        #expect(released(window.received(MQTTAcknowledgement(.recorded, 1))) == 1)
        // A repeated PUBREC is answered again.
        #expect(released(window.received(MQTTAcknowledgement(.recorded, 1))) == 1)
        #expect(ended(window.received(MQTTAcknowledgement(.completed, 1))) == 1)
    }

    @Test func `a PUBREC that refuses ends the publish`() {
        var window = MQTTPublishWindow<Int>(limit: 10)
        _ = window.begin(1, qos: 2)
        #expect(ended(window.received(MQTTAcknowledgement(.recorded, 1, reason: 0x87))) == 1)
        #expect(window.count == 0)
    }

    @Test(arguments: [0, 2, 9, 65_535] as [UInt16])
    func `ids that are not in flight end nothing`(_ id: UInt16) {
        var window = MQTTPublishWindow<Int>(limit: 10)
        _ = window.begin(1, qos: 1)
        #expect(ended(window.received(MQTTAcknowledgement(.acknowledged, id))) == nil)
        #expect(window.count == 1)
    }

    @Test func `ids go round and are never given twice`() {
        var window = MQTTPublishWindow<UInt16>(limit: 100)
        var inFlight: Set<UInt16> = []
        for round in 0..<20_000 {
            if !window.isFull, round % 7 != 0 {
                guard let id = window.begin(0, qos: 1) else { return #expect(Bool(false), "the window is not full") }
                #expect(inFlight.insert(id).inserted)
            } else if let id = inFlight.randomElement() {
                guard case .ended = window.received(MQTTAcknowledgement(.acknowledged, id)) else {
                    Issue.record("id \(id) was in flight")
                    return
                }
                inFlight.remove(id)
            }
        }
        #expect(window.count == inFlight.count)
    }
}
