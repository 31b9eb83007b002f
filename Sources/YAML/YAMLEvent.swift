/// One event of libyaml, copied out of its memory.
struct YAMLEvent: Equatable {
    enum Kind: Equatable {
        case documentStart
        case documentEnd
        case alias(String)
        case scalar(YAMLNode.Scalar, anchor: String?)
        case sequenceStart(anchor: String?)
        case sequenceEnd
        case mappingStart(anchor: String?)
        case mappingEnd
        case streamEnd
        case other
    }

    var kind: Kind
    var mark: Mark
}
