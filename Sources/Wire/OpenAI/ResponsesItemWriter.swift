import Conversation
import JSON

/// Writes the items of a response's output.
struct ItemWriter {
    let requestID: String
    var output = JSONWriter()
    /// Items written.
    private(set) var count = 0

    init(requestID: String) { self.requestID = requestID }

    /// Writes everything a choice says: thinking, one message, the calls.
    mutating func write(_ parts: [ChatPart], status: StaticString, _ logs: JSONNode?) {
        let said = Said(parts, requestID: requestID, choice: 0)
        for part in said.reasoning { write(part) }
        if said.text != nil || said.refusal != nil || said.calls.isEmpty { write(message: said, status, logs) }
        for call in said.calls { write(call) }
        for call in said.calls where call.signature != nil { writeSeal(of: call) }
    }

    // MARK: Thinking

    private mutating func write(_ part: ReasoningPart) {
        if !part.text.isEmpty || part.signature != nil {
            output.beginObject()
            ItemWriter.reasoning(
                id: next("rs_"),
                text: part.text,
                seal: part.signature.map { ThinkingSeal.signatureMark + $0 },
                to: &output
            )
            output.endObject()
        }
        if let data = part.redacted { writeReasoning(seal: ThinkingSeal.redactedMark + data) }
    }

    private mutating func writeSeal(of call: ToolCall) {
        guard let signature = call.signature else { return }
        writeReasoning(seal: ThinkingSeal.callMark + call.id + ":" + signature)
    }

    private mutating func writeReasoning(seal: JSONString) {
        output.beginObject()
        ItemWriter.reasoning(id: next("rs_"), text: "", seal: seal, to: &output)
        output.endObject()
    }

    /// The members of an item of thinking.
    static func reasoning(id: JSONString, text: JSONString, seal: JSONString?, to output: inout JSONWriter) {
        output.key("id")
        output.string(id)
        output.key("type")
        output.string("reasoning")
        output.key("summary")
        output.beginArray()
        if !text.isEmpty { ItemWriter.summary(text, to: &output) }
        output.endArray()
        if let seal {
            output.key("encrypted_content")
            output.string(seal)
        }
    }

    static func summary(_ text: JSONString, to output: inout JSONWriter) {
        output.beginObject()
        output.key("type")
        output.string("summary_text")
        output.key("text")
        output.string(text)
        output.endObject()
    }

    // MARK: Messages

    private mutating func write(message said: Said, _ status: StaticString, _ logs: JSONNode?) {
        output.beginObject()
        output.key("id")
        output.string(next("msg_"))
        output.key("type")
        output.string("message")
        output.key("role")
        output.string("assistant")
        output.key("status")
        output.string(status)
        output.key("content")
        output.beginArray()
        if said.text != nil || said.refusal == nil {
            output.beginObject()
            output.key("type")
            output.string("output_text")
            output.key("text")
            output.string(said.text ?? "")
            output.key("annotations")
            output.beginArray()
            for node in said.annotations?.elements ?? [] { ItemWriter.write(annotation: node, to: &output) }
            output.endArray()
            output.key("logprobs")
            output.beginArray()
            for node in logs?["content"]?.elements ?? [] { output.node(node) }
            output.endArray()
            output.endObject()
        }
        if let refusal = said.refusal {
            output.beginObject()
            output.key("type")
            output.string("refusal")
            output.key("refusal")
            output.string(refusal)
            output.endObject()
        }
        output.endArray()
        output.endObject()
    }

    /// Chat Completions keep a citation's members in `url_citation`, the Responses API beside its type.
    private static func write(annotation node: JSONNode, to output: inout JSONWriter) {
        guard node["type"]?.string == "url_citation", let citation = node["url_citation"] else { return }
        output.beginObject()
        output.key("type")
        output.string("url_citation")
        for member in citation.members where ["url", "title", "start_index", "end_index"].contains(member.key) {
            output.key(member.key)
            output.node(member.value)
        }
        output.endObject()
    }

    // MARK: Calls

    private mutating func write(_ call: ToolCall) {
        output.beginObject()
        ItemWriter.call(
            id: next("fc_"),
            callID: call.id,
            name: call.name,
            arguments: call.arguments.isEmpty ? "{}" : JSONString(plain: call.arguments),
            status: "completed",
            to: &output
        )
        output.endObject()
    }

    /// The members of a call.
    static func call(
        id: JSONString,
        callID: JSONString,
        name: JSONString,
        arguments: JSONString,
        status: StaticString,
        to output: inout JSONWriter
    ) {
        output.key("id")
        output.string(id)
        output.key("type")
        output.string("function_call")
        output.key("status")
        output.string(status)
        output.key("arguments")
        output.string(arguments)
        output.key("call_id")
        output.string(callID)
        output.key("name")
        output.string(name)
    }

    private mutating func next(_ prefix: String) -> JSONString {
        defer { count += 1 }
        return ItemWriter.id(prefix, requestID, count)
    }

    /// The id of the item at a place of the output.
    static func id(_ prefix: String, _ requestID: String, _ place: Int) -> JSONString {
        JSONString("\(prefix)\(requestID)_\(place)")
    }
}
