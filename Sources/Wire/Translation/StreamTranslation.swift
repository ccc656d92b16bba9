import Anthropic
import Bytes
import Conversation
import Dialect
import EventStream
import Gemini
import JSON
import Ollama
import OpenAI

/// One stream on its way from a provider's format to a client's.
///
/// Takes body bytes as they come and appends what the client gets to `output`, which the owner empties. Holds one event
/// at most, and what the client's format must say later than the provider's does. One loop's thread only.
package final class StreamTranslation {
    package let upstream: ChatFormat
    package let client: ChatFormat
    /// What the client gets; emptied by the owner with `takeOutput`.
    private var output = JSONWriter()
    /// The provider's events so far.
    package private(set) var events = 0
    /// What the provider said it counted, and the text that went by, as it is spelled.
    package private(set) var tally = StreamTally()
    /// What the provider said it counted.
    package var usage: TokenUsage? { tally.usage }
    /// An error that the provider reported in its stream; nothing is written after it.
    package private(set) var failure: ChatFault?

    /// Asked before an event that says something goes out, with what would have been counted then; after a no nothing is
    /// said any more.
    package var mayGoOn: ((StreamTally) -> Bool)?
    /// An event was not said, and what follows it is not either.
    package private(set) var isStopped = false

    /// The provider has said all that counts: nothing of the answer is missing.
    package var isComplete: Bool { readers.isComplete }
    /// The last choice that something was said of, and those that have ended, by bit.
    private var lastChoice = 0
    private var finishedChoices: UInt64 = 0

    private var eventFramer = EventFramer()
    private var lineFramer = LineFramer()
    private let readers: Readers
    private let writers: Writers
    private var deltas: [ChatDelta] = []

    package init(from upstream: ChatFormat, to client: ChatFormat, _ terms: AnswerTerms) {
        self.upstream = upstream
        self.client = client
        readers = Readers(upstream)
        writers = Writers(client, terms)
    }

    /// What was written since the last call.
    package func withOutput(_ body: (Span<UInt8>) -> Void) {
        hand(output.bytes, to: body)
        output.removeAll()
    }

    private func hand(_ bytes: [UInt8], to body: (Span<UInt8>) -> Void) { if !bytes.isEmpty { body(bytes.span) } }

    /// Bytes of an event of which the rest has not come.
    package var heldBytes: Int { upstream.streamsLines ? lineFramer.heldBytes : eventFramer.heldBytes }

    /// Bytes that wait in `output`.
    package var outputCount: Int { output.bytes.count }

    /// Takes a piece of the provider's body.
    ///
    /// - Throws: why it cannot be understood; what was whole before it is in `output`.
    package func take(_ bytes: Span<UInt8>) throws(EventFault) {
        let tooLarge = EventFault("sent an event larger than 8 MiB")
        if upstream.streamsLines {
            try lineFramer.take(bytes, tooLarge: tooLarge) { line throws(EventFault) in
                let noName: [UInt8] = []
                try self.event(noName.span, line)
            }
        } else {
            try eventFramer.take(bytes, tooLarge: tooLarge) { name, data throws(EventFault) in
                try self.event(name, data)
            }
        }
    }

    /// The provider's body has ended.
    ///
    /// - Throws: that it ended before its last event.
    package func end() throws(EventFault) {
        if upstream.streamsLines {
            try lineFramer.finish { line throws(EventFault) in
                let noName: [UInt8] = []
                try self.event(noName.span, line)
            }
        } else {
            // The standard drops a last event without its empty line (WHATWG HTML §9.2.6); every SDK reads it.
            let rest: [UInt8] = [0x0a, 0x0a]
            try take(rest.span)
        }
        guard failure == nil else { return }
        guard readers.isComplete else { throw EventFault("ended its stream before the last event") }
        writers.finish(to: &output)
    }

    /// Ends the client's stream with an error.
    package func fail(_ fault: ChatFault) {
        guard failure == nil else { return }
        failure = fault
        writers.fail(fault, to: &output)
    }

    /// Ends the client's stream before the provider does: every choice that is open has reached a limit.
    package func cut(_ cut: StreamCut) {
        guard failure == nil else { return }
        deltas = (0...lastChoice).filter { finishedChoices & (1 << UInt64($0)) == 0 }.map {
            .finished(choice: $0, .length, stopSequence: .absent)
        }
        deltas.append(.usage(cut.usage))
        let nothing: [UInt8] = []
        say(nothing.span, isStandard: true)
        writers.finish(to: &output)
        let marked = cut.marked(output.bytes, as: client)
        output.removeAll()
        output.raw(marked[...])
    }

    /// Says steps that come from elsewhere than a stream, and the end.
    func say(_ steps: [ChatDelta], of bytes: [UInt8]) {
        deltas = steps
        say(bytes.span, isStandard: true)
        if failure == nil { writers.finish(to: &output) }
    }

    private func event(_ name: Span<UInt8>, _ data: Span<UInt8>) throws(EventFault) {
        guard failure == nil, !isStopped else { return }
        events += 1
        deltas.removeAll(keepingCapacity: true)
        try readers.read(name, data, &deltas)
        if let mayGoOn, !isPaid(mayGoOn) {
            isStopped = true
            events -= 1
            return
        }
        say(data)
    }

    private func isPaid(_ mayGoOn: (StreamTally) -> Bool) -> Bool {
        for case .failed in deltas { return true }
        var later = tally
        count(into: &later)
        // An end that says nothing else is not worth to be kept back: the provider has counted already.
        return later.textBytes == tally.textBytes && readers.isComplete || mayGoOn(later)
    }

    /// Counts the steps at hand: text before what is told of it in the same event.
    private func count(into tally: inout StreamTally) {
        var (usage, output) = (tally.usage, Int?.none)
        for delta in deltas {
            switch delta {
            case .text(_, let text), .reasoning(_, let text), .refusal(_, let text), .toolArguments(_, _, let text):
                tally.add(textBytes: Int(text.range.count))
            case .usage(let said):
                if usage == nil { usage = said } else { usage?.update(said) }
                // Anthropic's first event counts only what was read.
                if said.output != nil, upstream != .messages || readers.isComplete { output = usage?.output }
            default: break
            }
        }
        if usage != nil { tally.report(usage, told: output) }
    }

    /// Writes what the deltas at hand become; `isStandard` when none of them has the provider's form.
    private func say(_ data: Span<UInt8>, isStandard: Bool = false) {
        count(into: &tally)
        for index in deltas.indices {
            let delta = deltas[index]
            switch delta {
            case .text(let choice, _), .reasoning(let choice, _), .refusal(let choice, _),
                .toolArguments(let choice, _, _):
                if choice > lastChoice { lastChoice = min(choice, 63) }
            case .finished(let choice, _, _): if (0..<64).contains(choice) { finishedChoices |= 1 << UInt64(choice) }
            case .failed(let kind, let message, let type, let code, let status):
                var fault = fault(kind, message, type, code, data)
                fault.status = status
                return fail(fault)
            case .logProbabilities(let choice, let value) where !isStandard:
                if let logs = readers.logProbabilities(value.bytes(in: data)) { write(logs, choice) }
                continue
            default: break
            }
            writers.write(delta, of: data, to: &output)
            if let overflow = writers.overflow {
                return fail(ChatFault(kind: .server, status: 502, message: JSONString("the provider \(overflow)")))
            }
        }
    }

    /// Writes probabilities in OpenAI's form.
    private func write(_ logs: [UInt8], _ choice: Int) {
        let value = DeltaText(TextRange(start: 0, count: Int32(logs.count)), isSpelled: false)
        writers.write(.logProbabilities(choice: choice, value), of: logs.span, to: &output)
    }

    private func fault(
        _ kind: ChatFault.Kind,
        _ message: DeltaText,
        _ type: DeltaText,
        _ code: DeltaText,
        _ data: Span<UInt8>
    ) -> ChatFault {
        func text(_ piece: DeltaText) -> JSONString? {
            guard !piece.isAbsent else { return nil }
            let bytes = piece.bytes(in: data)
            return piece.isSpelled ? JSONString(spelled: bytes[...]) : JSONString(plain: bytes)
        }
        var fault = ChatFault(kind: kind, status: 0, message: text(message) ?? "the provider reported an error")
        fault.type = text(type)
        fault.code = text(code)
        return fault
    }
}

/// A value in a block of its own, so that of many only the one that is used takes room in every open stream.
private final class Cell<Value> {
    var value: Value

    init(_ value: Value) { self.value = value }
}

/// The reader of each format a provider may answer in; one is there.
private struct Readers {
    private let format: ChatFormat
    private var chat: Cell<OpenAIStreamReader>?
    private var messages: Cell<AnthropicStreamReader>?
    private var gemini: Cell<GeminiStreamReader>?
    private var ollama: Cell<OllamaStreamReader>?

    init(_ format: ChatFormat) {
        self.format = format
        switch format {
        case .chat, .completions, .responses: chat = Cell(OpenAIStreamReader())
        case .messages: messages = Cell(AnthropicStreamReader())
        case .gemini: gemini = Cell(GeminiStreamReader())
        case .ollama, .generate: ollama = Cell(OllamaStreamReader())
        }
    }

    func read(_ name: Span<UInt8>, _ data: Span<UInt8>, _ deltas: inout [ChatDelta]) throws(EventFault) {
        try chat?.value.read(name: name, data: data, into: &deltas)
        try messages?.value.read(name: name, data: data, into: &deltas)
        try gemini?.value.read(name: name, data: data, into: &deltas)
        try ollama?.value.read(name: name, data: data, into: &deltas)
    }

    /// OpenAI's form of a value of the provider's; nil when it is none.
    func logProbabilities(_ value: [UInt8]) -> [UInt8]? {
        guard let node = try? JSONNode.parse(value) else { return nil }
        let standard: JSONNode? =
            switch format {
            case .chat, .completions, .responses: OpenAIStreamReader.logProbabilities(node)
            case .messages: AnthropicStreamReader.logProbabilities(node)
            case .gemini: GeminiStreamReader.logProbabilities(node)
            case .ollama, .generate: OllamaStreamReader.logProbabilities(node)
            }
        return standard.map { Array($0.source) }
    }

    var isComplete: Bool {
        chat?.value.isComplete ?? messages?.value.isComplete ?? gemini?.value.isComplete ?? ollama?.value.isComplete
            ?? false
    }
}

/// The writer of each format a client may want; one is there.
private struct Writers {
    private var chat: Cell<OpenAIStreamWriter>?
    private var completions: Cell<CompletionsStreamWriter>?
    private var responses: Cell<ResponsesStreamWriter>?
    private var messages: Cell<AnthropicStreamWriter>?
    private var gemini: Cell<GeminiStreamWriter>?
    private var ollama: Cell<OllamaStreamWriter>?
    private var generate: Cell<OllamaGenerateStreamWriter>?

    init(_ format: ChatFormat, _ terms: AnswerTerms) {
        switch format {
        case .chat: chat = Cell(OpenAIStreamWriter(terms))
        case .completions: completions = Cell(CompletionsStreamWriter(terms))
        case .responses: responses = Cell(ResponsesStreamWriter(terms))
        case .messages: messages = Cell(AnthropicStreamWriter(terms))
        case .gemini: gemini = Cell(terms.wantsList ? .list(terms) : GeminiStreamWriter(terms))
        case .ollama: ollama = Cell(OllamaStreamWriter(terms))
        case .generate: generate = Cell(OllamaGenerateStreamWriter(terms))
        }
    }

    func write(_ delta: ChatDelta, of event: Span<UInt8>, to output: inout JSONWriter) {
        chat?.value.write(delta, of: event, to: &output)
        completions?.value.write(delta, of: event, to: &output)
        responses?.value.write(delta, of: event, to: &output)
        messages?.value.write(delta, of: event, to: &output)
        gemini?.value.write(delta, of: event, to: &output)
        ollama?.value.write(delta, of: event, to: &output)
        generate?.value.write(delta, of: event, to: &output)
    }

    /// Why no more can be kept of the answer; nil while all is well.
    var overflow: StaticString? {
        if let messages { return messages.value.overflow }
        if let gemini { return gemini.value.overflow }
        if let ollama { return ollama.value.overflow }
        return generate?.value.overflow
    }

    func finish(to output: inout JSONWriter) {
        chat?.value.finish(to: &output)
        completions?.value.finish(to: &output)
        responses?.value.finish(to: &output)
        messages?.value.finish(to: &output)
        gemini?.value.finish(to: &output)
        ollama?.value.finish(to: &output)
        generate?.value.finish(to: &output)
    }

    func fail(_ fault: ChatFault, to output: inout JSONWriter) {
        chat?.value.fail(fault, to: &output)
        completions?.value.fail(fault, to: &output)
        responses?.value.fail(fault, to: &output)
        messages?.value.fail(fault, to: &output)
        gemini?.value.fail(fault, to: &output)
        ollama?.value.fail(fault, to: &output)
        generate?.value.fail(fault, to: &output)
    }
}
