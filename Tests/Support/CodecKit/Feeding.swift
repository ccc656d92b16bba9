import Bytes
import Conversation
import EventStream
import JSON

/// How a stream of bytes is taken apart.
package enum Framing { case events, lines }

/// Why a stream could not be read.
package enum FeedFault: Error { case tooLarge, event(EventFault) }

/// Feeds streams to readers in pieces, and joins readers with writers.
package enum Feeding {
    /// Reads a stream that comes in these pieces.
    package static func read<Reader: StreamReader>(
        _ pieces: [ArraySlice<UInt8>],
        _ framing: Framing,
        with type: Reader.Type
    ) throws -> (gathered: Gathered, isComplete: Bool) {
        var reader = Reader()
        var gathered = Gathered()
        try frame(pieces, framing) { (name, data) throws(FeedFault) in
            var deltas: [ChatDelta] = []
            do throws(EventFault) { try reader.read(name: name, data: data, into: &deltas) } catch {
                throw FeedFault.event(error)
            }
            for delta in deltas { gathered.add(delta, data) }
        }
        return (gathered, reader.isComplete)
    }

    /// Reads a stream with one dialect's reader and writes it with another's writer.
    package static func translate<Reader: StreamReader, Writer: StreamWriter>(
        _ bytes: [UInt8],
        _ framing: Framing,
        from reader: Reader.Type,
        to writer: Writer.Type,
        _ terms: AnswerTerms = .sample
    ) throws -> [UInt8] {
        var reader = Reader()
        var writer = Writer(terms)
        var output = JSONWriter()
        try frame([bytes[...]], framing) { (name, data) throws(FeedFault) in
            var deltas: [ChatDelta] = []
            do throws(EventFault) { try reader.read(name: name, data: data, into: &deltas) } catch {
                throw FeedFault.event(error)
            }
            for delta in deltas { writer.write(delta, of: data, to: &output) }
        }
        writer.finish(to: &output)
        return output.bytes
    }

    private static func frame(
        _ pieces: [ArraySlice<UInt8>],
        _ framing: Framing,
        _ body: (Span<UInt8>, Span<UInt8>) throws(FeedFault) -> Void
    ) throws(FeedFault) {
        switch framing {
        case .events:
            var framer = EventFramer()
            for piece in pieces { try framer.take(piece.span, tooLarge: .tooLarge, body) }
        case .lines:
            var framer = LineFramer()
            let nothing: [UInt8] = []
            let line: (Span<UInt8>) throws(FeedFault) -> Void = { data throws(FeedFault) in
                try body(nothing.span, data)
            }
            for piece in pieces { try framer.take(piece.span, tooLarge: .tooLarge, line) }
            try framer.finish(line)
        }
    }

    /// Each way to cut the bytes in two within 64 bytes of a line's end.
    package static func cuts(_ bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
        var places = Set<Int>()
        for (index, byte) in bytes.enumerated() where byte == 0x0a {
            places.formUnion(max(1, index - 64)...min(max(1, bytes.count - 1), index + 64))
        }
        return places.filter { $0 < bytes.count }.sorted().map { [bytes[..<$0], bytes[$0...]] }
    }

    /// One byte at a time.
    package static func bytewise(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.indices.map { bytes[$0...$0] }
    }
}

extension AnswerTerms {
    /// What tests write answers with.
    package static var sample: AnswerTerms {
        AnswerTerms(requestID: "req-1", model: "asked-model", created: 1_700_000_000, wantsStreamUsage: true)
    }
}
