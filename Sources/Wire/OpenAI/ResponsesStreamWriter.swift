import Bytes
import Conversation
import JSON

/// Writes a stream of OpenAI's Responses API.
///
/// <https://platform.openai.com/docs/api-reference/responses-streaming>
///
/// Every event that ends something repeats it, and the last repeats everything: so the answer is kept while it comes, up
/// to a limit. Calls stay open until the end, since their arguments may come by turns.
package struct ResponsesStreamWriter: StreamWriter {
    /// The largest answer, in bytes of its JSON.
    static let limitBytes = 8 << 20

    let terms: AnswerTerms
    private var head: ResponseHead
    var sequence = 0
    private var hasStarted = false
    private var hasEnded = false
    private var usage = TokenUsage()
    private var finish: FinishReason?
    private var hasRefusal = false
    /// Items that are done, by their place in the output.
    var items: [(place: Int, bytes: [UInt8])] = []
    var itemsBytes = 0
    /// Items that began.
    var count = 0
    var message: OpenMessage?
    var thinking: OpenThinking?
    var calls: [OpenCall] = []
    var logs = PendingLogs()

    package init(_ terms: AnswerTerms) {
        self.terms = terms
        head = ResponseHead(model: terms.model, created: terms.created, terms)
    }

    package mutating func write(_ delta: ChatDelta, of event: Span<UInt8>, to output: inout JSONWriter) {
        guard !hasEnded else { return }
        switch delta {
        case .started(_, let model, let created):
            if !model.isAbsent { head.model = StreamWords.text(model, event) }
            head.created = created ?? head.created
            start(&output)
        case .text(0, let text): say(text, isRefusal: false, event, &output)
        case .refusal(0, let text):
            hasRefusal = true
            say(text, isRefusal: true, event, &output)
        case .reasoning(0, let text): think(text, event, &output)
        case .signature(0, let text):
            openThinking(isNew: false, &output)
            if thinking?.seal.isEmpty == true { thinking?.seal += ThinkingSeal.signatureMark.spelled }
            thinking?.seal += StreamWords.text(text, event).spelled
        case .redacted(0, let text):
            openThinking(isNew: true, &output)
            thinking?.seal = Array((ThinkingSeal.redactedMark + StreamWords.text(text, event)).spelled)
            closeThinking(&output)
        case .toolCall(0, let index, let id, let name): open(call: index, id, name, event, &output)
        case .toolArguments(0, let index, let text): argue(index, text, event, &output)
        case .toolSignature(0, let index, let text):
            guard let place = calls.firstIndex(where: { $0.index == index }) else { break }
            calls[place].seal = StreamWords.text(text, event)
        case .finished(0, let reason, _): finish = reason
        case .usage(let later): usage.update(later)
        case .logProbabilities(0, let value):
            if logs.take(value, of: event, choice: 0) { say(.absent, isRefusal: false, event, &output) }
        case .failed(let kind, let message, let type, let code, _):
            fail(StreamWords.fault(kind, message, type, code, event), to: &output)
        // This API has one answer.
        default: break
        }
        checkSize(&output)
    }

    package mutating func finish(to output: inout JSONWriter) {
        guard !hasEnded else { return }
        start(&output)
        let end = ResponseEnd(finish, hasRefusal: hasRefusal)
        if count == 0 { openMessage(&output) }
        closeAll(end.itemStatus, &output)
        begin(end.status == .completed ? "response.completed" : "response.incomplete", &output)
        respond(end, usage, &output)
        hasEnded = true
    }

    package mutating func fail(_ fault: ChatFault, to output: inout JSONWriter) {
        guard !hasEnded else { return }
        hasEnded = true
        if hasStarted {
            begin("response.failed", &output)
            respond(ResponseEnd(fault), usage, &output)
            return
        }
        begin("error", &output)
        output.key("code")
        output.string(ResponsesFault.code(of: fault))
        output.key("message")
        output.string(fault.message)
        output.key("param")
        if let param = fault.param { output.string(param) } else { output.null() }
        end(&output)
    }

    private mutating func checkSize(_ output: inout JSONWriter) {
        let open =
            (message?.text.count ?? 0) + (message?.logs.count ?? 0) + (thinking?.text.count ?? 0)
            + calls.reduce(0) { $0 + $1.arguments.count }
        guard itemsBytes + open > ResponsesStreamWriter.limitBytes else { return }
        fail(ChatFault(kind: .server, status: 0, message: "the answer is larger than 8 MiB"), to: &output)
    }

    // MARK: Events

    /// `event: …` and the members every event has.
    mutating func begin(_ type: StaticString, _ output: inout JSONWriter) {
        output.text("event: ")
        output.text(type)
        output.text("\ndata: ")
        output.beginObject()
        output.key("type")
        output.string(type)
        output.key("sequence_number")
        output.number(sequence)
        sequence += 1
    }

    func end(_ output: inout JSONWriter) {
        output.endObject()
        output.text("\n\n")
    }

    mutating func start(_ output: inout JSONWriter) {
        guard !hasStarted else { return }
        hasStarted = true
        begin("response.created", &output)
        respond(ResponseEnd(), nil, &output)
        begin("response.in_progress", &output)
        respond(ResponseEnd(), nil, &output)
    }

    private mutating func respond(_ status: ResponseEnd, _ usage: TokenUsage?, _ output: inout JSONWriter) {
        output.key("response")
        var joined: [UInt8] = []
        for item in items.sorted(by: { $0.place < $1.place }) {
            if !joined.isEmpty { joined.append(0x2c) }
            joined += item.bytes
        }
        head.write(end: status, items: joined, usage, to: &output)
        end(&output)
    }

    /// The members of events about a piece of an item.
    func place(_ item: JSONString, _ index: Int, _ output: inout JSONWriter) {
        output.key("item_id")
        output.string(item)
        output.key("output_index")
        output.number(index)
    }

    /// And of those about a part of it.
    func place(_ item: JSONString, _ index: Int, _ part: StaticString, _ at: Int, _ output: inout JSONWriter) {
        place(item, index, &output)
        output.key(part)
        output.number(at)
    }

    /// `response.output_item.added` or `.done`; a done item is kept.
    mutating func item(
        _ type: StaticString,
        _ index: Int,
        keeps: Bool,
        _ output: inout JSONWriter,
        _ members: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter()
        writer.beginObject()
        members(&writer)
        writer.endObject()
        begin(type, &output)
        output.key("output_index")
        output.number(index)
        output.key("item")
        output.raw(writer.bytes[...])
        end(&output)
        guard keeps else { return }
        items.append((index, writer.bytes))
        itemsBytes += writer.bytes.count
    }

    mutating func nextIndex() -> Int {
        defer { count += 1 }
        return count
    }

    private mutating func closeAll(_ status: StaticString, _ output: inout JSONWriter) {
        closeThinking(&output)
        closeMessage(status, &output)
        closeCalls(&output)
    }
}

// MARK: Messages
extension ResponsesStreamWriter {
    mutating func openMessage(_ output: inout JSONWriter) {
        guard message == nil else { return }
        start(&output)
        closeThinking(&output)
        let index = nextIndex()
        let opened = OpenMessage(index: index, id: ItemWriter.id("msg_", terms.requestID, index))
        message = opened
        item("response.output_item.added", index, keeps: false, &output) { opened.write("in_progress", to: &$0) }
    }

    mutating func say(
        _ text: DeltaText,
        isRefusal: Bool,
        _ event: Span<UInt8>,
        _ output: inout JSONWriter
    ) {
        openMessage(&output)
        if message?.isRefusal != isRefusal { closePart(&output) }
        // No copy of the message: its text grows in place.
        guard let id = message?.id, let index = message?.index, let part = message?.partCount else { return }
        if message?.isRefusal == nil {
            message?.isRefusal = isRefusal
            begin("response.content_part.added", &output)
            place(id, index, "content_index", part, &output)
            output.key("part")
            OpenMessage.write(part: [], isRefusal: isRefusal, logs: [], to: &output)
            end(&output)
        }
        begin(isRefusal ? "response.refusal.delta" : "response.output_text.delta", &output)
        place(id, index, "content_index", part, &output)
        output.key("delta")
        StreamWords.write(text, event, &output)
        if !isRefusal {
            let said = logs.release(choice: 0)
            OpenMessage.write(logs: said.map { Array($0.dropFirst().dropLast()) } ?? [], to: &output)
            if let said { message?.append(logs: said) }
        }
        end(&output)
        message?.append(text, event)
    }

    mutating func closePart(_ output: inout JSONWriter) {
        guard var message, let isRefusal = message.isRefusal else { return }
        begin(isRefusal ? "response.refusal.done" : "response.output_text.done", &output)
        place(message.id, message.index, "content_index", message.partCount, &output)
        if isRefusal { output.key("refusal") } else { output.key("text") }
        output.string(JSONString(spelled: message.text[...]))
        if !isRefusal { OpenMessage.write(logs: message.logs, to: &output) }
        end(&output)
        begin("response.content_part.done", &output)
        place(message.id, message.index, "content_index", message.partCount, &output)
        output.key("part")
        OpenMessage.write(part: message.text, isRefusal: isRefusal, logs: message.logs, to: &output)
        end(&output)
        message.endPart()
        self.message = message
    }

    mutating func closeMessage(_ status: StaticString, _ output: inout JSONWriter) {
        closePart(&output)
        guard let closed = message else { return }
        message = nil
        item("response.output_item.done", closed.index, keeps: true, &output) { closed.write(status, to: &$0) }
    }
}
