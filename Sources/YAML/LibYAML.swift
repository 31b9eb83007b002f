internal import CYAML

/// The unsafe core: every call of libyaml. It has no policy; whoever takes the events decides when to stop.
enum LibYAML {
    /// Hands the events of a text to `take`, in order, until it answers false, throws, or the stream ends.
    ///
    /// - Throws: what libyaml finds wrong, or what `take` throws.
    static func events(
        of bytes: [UInt8], _ take: (YAMLEvent) throws(YAMLError) -> Bool
    ) throws(YAMLError) {
        // The parser keeps a pointer to itself, so it needs an address of its own for its whole life.
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { unsafe parser.deallocate() }
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            throw YAMLError(problem: "out of memory", mark: .start, goLine: 0)
        }
        defer { unsafe yaml_parser_delete(parser) }
        var failure: YAMLError?
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            do throws(YAMLError) {
                while try unsafe take(nextEvent(parser)) {}
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private static func nextEvent(_ parser: UnsafeMutablePointer<yaml_parser_t>) throws(YAMLError) -> YAMLEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw unsafe fault(parser) }
        defer { unsafe yaml_event_delete(&event) }
        let mark = unsafe Mark(line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
        return unsafe YAMLEvent(kind: kind(&event), mark: mark)
    }

    private static func kind(_ event: UnsafePointer<yaml_event_t>) -> YAMLEvent.Kind {
        let anchor = unsafe text(martlet_yaml_anchor(event))
        switch unsafe martlet_yaml_kind(event) {
        case 1: return .documentStart
        case 2: return .documentEnd
        case 3: return .alias(anchor ?? "")
        case 4: return unsafe .scalar(scalar(event), anchor: anchor)
        case 5: return .sequenceStart(anchor: anchor)
        case 6: return .sequenceEnd
        case 7: return .mappingStart(anchor: anchor)
        case 8: return .mappingEnd
        case 9: return .streamEnd
        default: return .other
        }
    }

    private static func scalar(_ event: UnsafePointer<yaml_event_t>) -> YAMLNode.Scalar {
        let length = unsafe martlet_yaml_scalar_length(event)
        let value = unsafe UnsafeBufferPointer(start: martlet_yaml_scalar_value(event), count: length)
        let style: YAMLNode.Style =
            switch unsafe martlet_yaml_scalar_style(event) {
            case Int32(YAML_SINGLE_QUOTED_SCALAR_STYLE.rawValue): .singleQuoted
            case Int32(YAML_DOUBLE_QUOTED_SCALAR_STYLE.rawValue): .doubleQuoted
            case Int32(YAML_LITERAL_SCALAR_STYLE.rawValue): .literal
            case Int32(YAML_FOLDED_SCALAR_STYLE.rawValue): .folded
            default: .plain
            }
        let tag = unsafe text(martlet_yaml_tag(event)).map(shortTag)
        return unsafe YAMLNode.Scalar(text: String(decoding: value, as: UTF8.self), style: style, tag: tag)
    }

    private static func shortTag(_ tag: String) -> String {
        let prefix = "tag:yaml.org,2002:"
        return tag.hasPrefix(prefix) ? "!!" + tag.dropFirst(prefix.count) : tag
    }

    private static func text(_ pointer: UnsafePointer<UInt8>?) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe String(cString: pointer)
    }

    /// Go's package prints the problem's line where that is not the first, else the context's, and counts one more for its scanner.
    private static func fault(_ parser: UnsafeMutablePointer<yaml_parser_t>) -> YAMLError {
        let problemMark = unsafe parser.pointee.problem_mark
        let contextMark = unsafe parser.pointee.context_mark
        let isScanner = unsafe martlet_yaml_is_scanner_error(parser) != 0
        var goLine = Int(problemMark.line)
        if goLine != 0, isScanner { goLine += 1 }
        if goLine == 0 { goLine = Int(contextMark.line) }
        let problem =
            unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "unknown problem parsing YAML content"
        return YAMLError(
            problem: problem, mark: Mark(line: Int(problemMark.line) + 1, column: Int(problemMark.column) + 1),
            goLine: goLine)
    }
}

/// Which libyaml is linked.
package enum LibYAMLVersion {
    package static var text: String {
        guard let text = unsafe yaml_get_version_string() else { return "" }
        return unsafe String(cString: text)
    }
}
