import Bytes
import Conversation
import JSON

/// A request for speech in OpenAI's words, as far as a voice of Piper can take it.
///
/// <https://platform.openai.com/docs/api-reference/audio/createSpeech>
package struct SpeechRequest: Sendable {
    /// What the answer's bytes are.
    package enum Format: Sendable {
        case wav
        /// The same samples without a head.
        case pcm
    }

    package let input: JSONString
    /// Nil leaves the choice to the server.
    package let voice: JSONString?
    package let speed: Double
    package let format: Format
    /// Members of Piper's own, as they are.
    package let extras: [(name: String, value: JSONNode)]
    /// Members that cannot be said to Piper.
    package let dropped: [String]

    /// OpenAI's limit, characters.
    package static let inputLimit = 4_096
    private static let speeds = 0.25...4.0
    // https://github.com/OHF-Voice/piper1-gpl/blob/main/docs/API_HTTP.md
    private static let extraNames = ["speaker", "speaker_id", "noise_scale", "noise_w_scale", "length_scale"]
    private static let readNames = ["model", "input", "voice", "speed", "response_format", "stream_format"]

    /// Reads a body.
    ///
    /// - Throws: what cannot be asked of a voice of Piper, for the client.
    package init(_ body: [UInt8]) throws(ConversationFault) {
        let node: JSONNode
        do { node = try JSONNode.parse(body) } catch {
            throw ConversationFault("the body is no JSON: \(error.message)")
        }
        guard node.isObject else { throw ConversationFault("the body must be a JSON object") }
        guard let input = node["input"]?.string else {
            throw ConversationFault("`input` must be the text to speak", parameter: "input")
        }
        let text = input.text
        guard !text.allSatisfy(\.isWhitespace) else {
            throw ConversationFault("`input` is empty: there is nothing to speak", parameter: "input")
        }
        let count = text.unicodeScalars.count
        guard count <= SpeechRequest.inputLimit else {
            let limit = SpeechRequest.inputLimit
            throw ConversationFault("`input` has \(count) characters, at most \(limit) may be", parameter: "input")
        }
        self.input = input
        voice = try SpeechRequest.voice(node["voice"])
        speed = try SpeechRequest.speed(node["speed"])
        format = try SpeechRequest.format(node)
        var extras: [(name: String, value: JSONNode)] = []
        var dropped: [String] = []
        for member in node.members where !member.value.isNull && !SpeechRequest.readNames.contains(member.key) {
            if SpeechRequest.extraNames.contains(member.key) {
                extras.append((member.key, member.value))
            } else {
                dropped.append(member.key)
            }
        }
        self.extras = extras
        self.dropped = dropped
    }

    /// A name, or `{"id": …}` as OpenAI has it for voices of one's own; `default` is hoosh's word for the server's choice.
    private static func voice(_ node: JSONNode?) throws(ConversationFault) -> JSONString? {
        guard let node, !node.isNull else { return nil }
        guard let name = node.string ?? node["id"]?.string else {
            throw ConversationFault("`voice` must be the name of a voice", parameter: "voice")
        }
        return name.isEmpty || name.text == "default" ? nil : name
    }

    private static func speed(_ node: JSONNode?) throws(ConversationFault) -> Double {
        guard let node, !node.isNull else { return 1 }
        guard let number = node.number, let speed = Double(String(decoding: number, as: UTF8.self)),
            speeds.contains(speed)
        else { throw ConversationFault("`speed` must be a number from 0.25 to 4", parameter: "speed") }
        return speed
    }

    private static func format(_ node: JSONNode) throws(ConversationFault) -> Format {
        if let stream = node["stream_format"], !stream.isNull, stream.string?.text != "audio" {
            throw ConversationFault(
                "a voice of Piper answers with sound, not with events: leave `stream_format` out",
                parameter: "stream_format"
            )
        }
        guard let format = node["response_format"], !format.isNull else { return .wav }
        switch format.string?.text {
        case "wav": return .wav
        case "pcm": return .pcm
        default:
            let word = String(decoding: format.source.prefix(32), as: UTF8.self)
            throw ConversationFault(
                "a voice of Piper answers in `wav` or `pcm`, not in \(word)",
                parameter: "response_format"
            )
        }
    }

    /// The body of `POST /synthesize`.
    ///
    /// `voice` is what the route says; nil leaves the client's.
    package func piperBody(voice: [UInt8]?) -> [UInt8] {
        var output = JSONWriter()
        output.beginObject()
        output.key("text")
        output.string(input)
        if let voice = voice.map({ JSONString(plain: $0) }) ?? self.voice {
            output.key("voice")
            output.string(voice)
        }
        // At 1 the voice keeps the pace that its file or its server gives it.
        if speed != 1, !extras.contains(where: { $0.name == "length_scale" }) {
            output.key("length_scale")
            output.raw(Array("\(1 / speed)".utf8)[...])
        }
        for extra in extras {
            output.key(extra.name)
            output.node(extra.value)
        }
        output.endObject()
        return output.bytes
    }
}
