import CYaml

/// A place in a text as libyaml counts: from 0, in code points (not bytes).
struct Mark: Equatable {
    var line: Int
    var column: Int
    /// From the start of the text.
    var index: Int

    fileprivate init(_ mark: yaml_mark_t) {
        index = Int(mark.index)
        line = Int(mark.line)
        column = Int(mark.column)
    }
}

/// One step of a YAML text, in Swift's terms.
struct YAMLEvent {
    enum Kind: Equatable {
        case streamStart, streamEnd, documentStart, documentEnd
        case scalar(String, ScalarStyle)
        case alias(String)
        /// `isFlow` is true for `[…]`.
        case sequenceStart(isFlow: Bool)
        case sequenceEnd
        /// `isFlow` is true for `{…}`.
        case mappingStart(isFlow: Bool)
        case mappingEnd
    }
    let kind: Kind
    let anchor: String?
    let tag: String?
    let start: Mark
    let end: Mark
}

/// Why libyaml stopped.
struct YAMLFailure: Error {
    let problem: String
    let mark: Mark
    let context: String
    let contextMark: Mark
}

/// Pulls events from libyaml, one at a time, so that its caller can stop at a limit before the next is parsed.
///
/// The only place that knows libyaml. It expands no alias and finds no duplicate key: both are its caller's.
final class YAMLEvents {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeMutableBufferPointer<UInt8>

    /// Reads UTF-8 bytes without a byte order mark.
    init(_ source: [UInt8]) {
        parser = .allocate(capacity: 1)
        bytes = .allocate(capacity: max(source.count, 1))
        _ = bytes.initialize(from: source + (source.isEmpty ? [0x0A] : []))
        // Fails only without memory, and then the first parse call reports it.
        yaml_parser_initialize(parser)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, source.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        bytes.deallocate()
    }

    /// The next event.
    ///
    /// - Throws: what libyaml found wrong; nothing can be read after that.
    func next() throws(YAMLFailure) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            throw YAMLFailure(
                problem: Self.text(parser.pointee.problem),
                mark: Mark(parser.pointee.problem_mark),
                context: Self.text(parser.pointee.context),
                contextMark: Mark(parser.pointee.context_mark)
            )
        }
        defer { yaml_event_delete(&event) }
        return Self.translated(event)
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private static func style(_ style: yaml_scalar_style_t) -> ScalarStyle {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .single
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .double
        case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
        default: .plain
        }
    }

    private static func translated(_ event: yaml_event_t) -> YAMLEvent {
        var kind = YAMLEvent.Kind.streamEnd
        var anchor: String?
        var tag: String?
        switch event.type {
        case YAML_STREAM_START_EVENT: kind = .streamStart
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            kind = .scalar(String(decoding: bytes, as: UTF8.self), style(scalar.style))
            (anchor, tag) = (text(scalar.anchor), text(scalar.tag))
        case YAML_ALIAS_EVENT: kind = .alias(text(event.data.alias.anchor) ?? "")
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart(isFlow: event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE)
            (anchor, tag) = (text(event.data.sequence_start.anchor), text(event.data.sequence_start.tag))
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart(isFlow: event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE)
            (anchor, tag) = (text(event.data.mapping_start.anchor), text(event.data.mapping_start.tag))
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        default: kind = .streamEnd
        }
        return YAMLEvent(kind: kind, anchor: anchor, tag: tag, start: Mark(event.start_mark), end: Mark(event.end_mark))
    }
}
