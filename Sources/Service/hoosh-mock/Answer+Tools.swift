import JSON

extension Answer {
    /// `/mcp`: the tools over streamable HTTP; an answer is a stream of events when the arguments say `"sse": true`.
    func tools(_ controls: Controls) -> Script {
        var tools = Tools()
        let message = Array(body)
        var answers: [[UInt8]] = []
        for step in tools.take(message) {
            switch step {
            case .answer(let bytes), .later(let bytes, _, _): answers.append(bytes)
            case .cancel, .noise, .tell, .die: break
            }
        }
        let node = try? JSONNode.parse(message)
        guard node?["id"] != nil else { return accepted(controls) }
        if node?["params"]?["arguments"]?["sse"]?.bool == true {
            let note = Array("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}".utf8)
            var payload = Payload()
            for event in [note] + answers {
                let start = payload.text.count
                payload.text.add("event: message\r\ndata: ")
                payload.text.add(bytes: event)
                payload.text.add("\r\n\r\n")
                payload.close(from: start, events: 1)
            }
            return stream(payload, controls)
        }
        var out = ByteText()
        for answer in answers { out.add(bytes: answer) }
        if answers.isEmpty { out.add("{}") }
        return json(out, controls, session: node?["method"]?.string?.text == "initialize")
    }

    private func accepted(_ controls: Controls) -> Script {
        var out = ByteText()
        out.add("{}")
        return json(out, controls, status: 202)
    }
}
