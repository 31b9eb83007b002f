/// Properties of librdkafka by name, in order; a later value of a name replaces an earlier one.
package struct KafkaProperties: Sendable, Equatable {
    package private(set) var pairs: [(name: String, value: String)] = []
    /// What a socket's keep-alive asks after so long without traffic, in milliseconds; 0 is the system's value.
    package var keepAlive: UInt32 = 0
    /// After so many milliseconds without an acknowledgement of sent bytes a connection is given up.
    package var unacknowledgedLimit: UInt32 = 10_000

    package init(_ pairs: KeyValuePairs<String, String> = [:]) {
        for (name, value) in pairs { self[name] = value }
    }

    package subscript(name: String) -> String? {
        get { pairs.first { $0.name == name }?.value }
        set {
            let index = pairs.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): pairs[index].value = value
            case (let index?, nil): pairs.remove(at: index)
            case (nil, let value?): pairs.append((name, value))
            case (nil, nil): break
            }
        }
    }

    package static func == (left: KafkaProperties, right: KafkaProperties) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0 == $1 } && left.keepAlive == right.keepAlive
            && left.unacknowledgedLimit == right.unacknowledgedLimit
    }
}
