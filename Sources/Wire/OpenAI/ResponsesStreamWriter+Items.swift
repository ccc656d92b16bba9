import Bytes
import Conversation
import JSON

// MARK: Thinking
extension ResponsesStreamWriter {
    mutating func openThinking(isNew: Bool, _ output: inout JSONWriter) {
        if isNew { closeThinking(&output) }
        guard thinking == nil else { return }
        start(&output)
        closeMessage("completed", &output)
        let index = nextIndex()
        let id = ItemWriter.id("rs_", terms.requestID, index)
        thinking = OpenThinking(index: index, id: id)
        item("response.output_item.added", index, keeps: false, &output) {
            ItemWriter.reasoning(id: id, text: "", seal: nil, to: &$0)
        }
    }

    mutating func think(_ text: DeltaText, _ event: Span<UInt8>, _ output: inout JSONWriter) {
        // A seal ends what it seals.
        openThinking(isNew: thinking?.seal.isEmpty == false, &output)
        guard let id = thinking?.id, let index = thinking?.index else { return }
        if thinking?.text.isEmpty == true {
            begin("response.reasoning_summary_part.added", &output)
            place(id, index, "summary_index", 0, &output)
            output.key("part")
            ItemWriter.summary("", to: &output)
            end(&output)
        }
        begin("response.reasoning_summary_text.delta", &output)
        place(id, index, "summary_index", 0, &output)
        output.key("delta")
        StreamWords.write(text, event, &output)
        end(&output)
        thinking?.append(text, event)
    }

    mutating func closeThinking(_ output: inout JSONWriter) {
        guard let closed = thinking else { return }
        thinking = nil
        let text = JSONString(spelled: closed.text[...])
        if !text.isEmpty {
            begin("response.reasoning_summary_text.done", &output)
            place(closed.id, closed.index, "summary_index", 0, &output)
            output.key("text")
            output.string(text)
            end(&output)
            begin("response.reasoning_summary_part.done", &output)
            place(closed.id, closed.index, "summary_index", 0, &output)
            output.key("part")
            ItemWriter.summary(text, to: &output)
            end(&output)
        }
        let seal = closed.seal.isEmpty ? nil : JSONString(spelled: closed.seal[...])
        item("response.output_item.done", closed.index, keeps: true, &output) {
            ItemWriter.reasoning(id: closed.id, text: text, seal: seal, to: &$0)
        }
    }
}

// MARK: Calls
extension ResponsesStreamWriter {
    mutating func open(
        call number: Int,
        _ id: DeltaText,
        _ name: DeltaText,
        _ event: Span<UInt8>,
        _ output: inout JSONWriter
    ) {
        start(&output)
        closeThinking(&output)
        closeMessage("completed", &output)
        let index = nextIndex()
        let call = OpenCall(
            index: number,
            place: index,
            id: ItemWriter.id("fc_", terms.requestID, index),
            callID: id.isAbsent
                ? Said.callID(terms.requestID, choice: 0, index: number) : StreamWords.text(id, event),
            name: StreamWords.text(name, event)
        )
        calls.append(call)
        item("response.output_item.added", index, keeps: false, &output) { call.write("in_progress", to: &$0) }
    }

    mutating func argue(
        _ number: Int,
        _ text: DeltaText,
        _ event: Span<UInt8>,
        _ output: inout JSONWriter
    ) {
        guard let position = calls.lastIndex(where: { $0.index == number }) else { return }
        begin("response.function_call_arguments.delta", &output)
        place(calls[position].id, calls[position].place, &output)
        output.key("delta")
        StreamWords.write(text, event, &output)
        end(&output)
        StreamWords.append(text, event, to: &calls[position].arguments)
    }

    mutating func closeCalls(_ output: inout JSONWriter) {
        guard !calls.isEmpty else { return }
        let closed = calls
        calls = []
        for call in closed {
            begin("response.function_call_arguments.done", &output)
            place(call.id, call.place, &output)
            output.key("name")
            output.string(call.name)
            output.key("arguments")
            output.string(call.whole)
            end(&output)
            item("response.output_item.done", call.place, keeps: true, &output) { call.write("completed", to: &$0) }
        }
        for call in closed { writeSeal(of: call, &output) }
    }

    /// The seal of a call comes in an item of thinking, which clients give back.
    mutating func writeSeal(of call: OpenCall, _ output: inout JSONWriter) {
        guard let seal = call.seal else { return }
        let index = nextIndex()
        let id = ItemWriter.id("rs_", terms.requestID, index)
        let content = ThinkingSeal.callMark + call.callID + ":" + seal
        item("response.output_item.added", index, keeps: false, &output) {
            ItemWriter.reasoning(id: id, text: "", seal: nil, to: &$0)
        }
        item("response.output_item.done", index, keeps: true, &output) {
            ItemWriter.reasoning(id: id, text: "", seal: content, to: &$0)
        }
    }
}
