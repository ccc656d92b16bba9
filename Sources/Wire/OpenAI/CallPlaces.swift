import Bytes
import Conversation
import JSON

/// The members of a delta, or of a message in its place.
struct MessagePlaces {
    var content: JSONPlace?
    var reasoningContent: JSONPlace?
    var reasoning: JSONPlace?
    var details: JSONPlace?
    var refusal: JSONPlace?
    var audio: JSONPlace?
    var calls: JSONPlace?
    var functionCall: JSONPlace?

    init(_ place: JSONPlace, _ data: Span<UInt8>) throws(JSONFault) {
        try JSONWalk.members(of: place, in: data) { key, value throws(JSONFault) in
            guard value.kind != .null else { return }
            let word = data.extracting(key.range)
            if ASCII.equals(word, "content") {
                content = value
            } else if ASCII.equals(word, "reasoning_content") {
                reasoningContent = value
            } else if ASCII.equals(word, "reasoning") {
                reasoning = value
            } else if ASCII.equals(word, "tool_calls") {
                if value.kind == .array { calls = value }
            } else if ASCII.equals(word, "refusal") {
                refusal = value
            } else if ASCII.equals(word, "reasoning_details") {
                if value.kind == .array { details = value }
            } else if ASCII.equals(word, "audio") {
                if value.kind == .object { audio = value }
            } else if ASCII.equals(word, "function_call") {
                if value.kind == .object { functionCall = value }
            }
        }
    }
}

/// Where the calls of a stream stand: the provider's numbers, and ours, which count from 0 in each choice.
struct CallPlaces: Sendable {
    private struct Place: Sendable {
        var choice: Int
        /// The provider's number; -1 for `function_call`.
        var index: Int
        /// Of the id, 0 when it has none: some providers give every call the same number.
        var idHash: UInt64
        var ordinal: Int
        /// Its beginning was told, with its name.
        var isTold = false
    }
    private var places: [Place] = []

    mutating func take(
        _ message: MessagePlaces,
        _ choice: Int,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        try takeThinking(message, choice, data, &deltas)
        if let content = message.content { try take(content: content, choice, data, &deltas) }
        if let audio = message.audio {
            // There is no delta for sound; its words are text.
            try JSONWalk.members(of: audio, in: data) { key, value throws(JSONFault) in
                let text = DeltaText.filled(value)
                if JSONWalk.isKey(key, "transcript", in: data), !text.isAbsent {
                    deltas.append(.text(choice: choice, text))
                }
            }
        }
        let refusal = DeltaText.filled(message.refusal)
        if !refusal.isAbsent { deltas.append(.refusal(choice: choice, refusal)) }
        if let place = message.functionCall {
            try take(call: try CallMembers(function: place, data), choice, data, &deltas)
        }
        if let list = message.calls {
            try JSONWalk.elements(of: list, in: data) { place throws(JSONFault) in
                guard place.kind == .object else { return }
                try take(call: try CallMembers(place, data), choice, data, &deltas)
            }
        }
    }

    // MARK: Text and thinking

    private func takeThinking(
        _ message: MessagePlaces,
        _ choice: Int,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        var text = DeltaText.filled(message.reasoningContent)
        if text.isAbsent { text = .filled(message.reasoning) }
        if !text.isAbsent { deltas.append(.reasoning(choice: choice, text)) }
        guard let details = message.details else { return }
        let isSaid = !text.isAbsent
        try JSONWalk.elements(of: details, in: data) { place throws(JSONFault) in
            guard place.kind == .object else { return }
            var signature = DeltaText.absent
            try JSONWalk.members(of: place, in: data) { key, value throws(JSONFault) in
                let text = DeltaText.filled(value)
                guard !text.isAbsent else { return }
                let word = data.extracting(key.range)
                if ASCII.equals(word, "data") {
                    deltas.append(.redacted(choice: choice, text))
                } else if ASCII.equals(word, "signature") {
                    signature = text
                } else if !isSaid, ASCII.equals(word, "text") || ASCII.equals(word, "summary") {
                    deltas.append(.reasoning(choice: choice, text))
                }
            }
            if !signature.isAbsent { deltas.append(.signature(choice: choice, signature)) }
        }
    }

    private func take(
        content: JSONPlace,
        _ choice: Int,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        let text = DeltaText.filled(content)
        if !text.isAbsent { deltas.append(.text(choice: choice, text)) }
        guard content.kind == .array else { return }
        // Mistral's parts.
        try JSONWalk.elements(of: content, in: data) { part throws(JSONFault) in
            guard part.kind == .object else { return }
            try JSONWalk.members(of: part, in: data) { key, value throws(JSONFault) in
                let word = data.extracting(key.range)
                let text = DeltaText.filled(value)
                if ASCII.equals(word, "text") {
                    if !text.isAbsent { deltas.append(.text(choice: choice, text)) }
                } else if ASCII.equals(word, "thinking") {
                    if !text.isAbsent { deltas.append(.reasoning(choice: choice, text)) }
                    if value.kind == .array { try takeThoughts(value, choice, data, &deltas) }
                }
            }
        }
    }

    private func takeThoughts(
        _ list: JSONPlace,
        _ choice: Int,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        try JSONWalk.elements(of: list, in: data) { part throws(JSONFault) in
            guard part.kind == .object else { return }
            try JSONWalk.members(of: part, in: data) { key, value throws(JSONFault) in
                let text = DeltaText.filled(value)
                if JSONWalk.isKey(key, "text", in: data), !text.isAbsent {
                    deltas.append(.reasoning(choice: choice, text))
                }
            }
        }
    }

    // MARK: Calls

    private mutating func take(
        call: CallMembers,
        _ choice: Int,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        let position = place(of: call, choice, data)
        let ordinal = places[position].ordinal
        // Some providers send the id first and the name later.
        if !places[position].isTold, !call.name.isAbsent || !call.arguments.isAbsent {
            places[position].isTold = true
            deltas.append(.toolCall(choice: choice, index: ordinal, id: call.id, name: call.name))
        }
        if !call.arguments.isAbsent {
            deltas.append(.toolArguments(choice: choice, index: ordinal, call.arguments))
        }
        if !call.signature.isAbsent {
            deltas.append(.toolSignature(choice: choice, index: ordinal, call.signature))
        }
    }

    /// The call that a fragment belongs to.
    ///
    /// A name together with an id that this number did not have begins another call: Google's endpoint numbers all of
    /// them 0. Without a number, a name begins one.
    private mutating func place(
        of call: CallMembers,
        _ choice: Int,
        _ data: Span<UInt8>
    ) -> Int {
        let hash = call.id.isAbsent ? 0 : CallPlaces.hash(data.extracting(call.id.range.range))
        let last = places.lastIndex { place in
            place.choice == choice && (call.index == nil || place.index == call.index)
        }
        if let last {
            let place = places[last]
            let isOther =
                place.isTold && !call.name.isAbsent && (hash == 0 ? call.index == nil : place.idHash != hash)
            if !isOther { return last }
        }
        let ordinal = places.count { $0.choice == choice }
        places.append(Place(choice: choice, index: call.index ?? ordinal, idHash: hash, ordinal: ordinal))
        return places.count - 1
    }

    /// FNV-1a; never 0.
    private static func hash(_ bytes: Span<UInt8>) -> UInt64 {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in bytes.indices { value = (value ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
        return value | 1
    }
}

/// The members of a fragment of a call.
private struct CallMembers {
    var index: Int?
    var id = DeltaText.absent
    var name = DeltaText.absent
    var arguments = DeltaText.absent
    var signature = DeltaText.absent

    init(_ place: JSONPlace, _ data: Span<UInt8>) throws(JSONFault) {
        var function: JSONPlace?
        try JSONWalk.members(of: place, in: data) { key, value throws(JSONFault) in
            let word = data.extracting(key.range)
            if ASCII.equals(word, "index") {
                index = JSONWalk.integer(value, in: data)
            } else if ASCII.equals(word, "id") {
                id = .filled(value)
            } else if ASCII.equals(word, "function"), value.kind == .object {
                function = value
            } else if ASCII.equals(word, "extra_content"), value.kind == .object {
                signature = try CallMembers.signature(value, data)
            }
        }
        if let function { try take(function, data) }
    }

    /// The older `function_call`, of which there is one.
    init(function: JSONPlace, _ data: Span<UInt8>) throws(JSONFault) {
        index = -1
        try take(function, data)
    }

    private mutating func take(_ function: JSONPlace, _ data: Span<UInt8>) throws(JSONFault) {
        try JSONWalk.members(of: function, in: data) { key, value throws(JSONFault) in
            let word = data.extracting(key.range)
            if ASCII.equals(word, "name") {
                name = .filled(value)
            } else if ASCII.equals(word, "arguments") {
                switch value.kind {
                case .string: arguments = .filled(value)
                case .object, .array: arguments = DeltaText(value.range, isSpelled: false)
                default: break
                }
            }
        }
    }

    /// The text at `extra_content.google.thought_signature`.
    private static func signature(_ place: JSONPlace, _ data: Span<UInt8>) throws(JSONFault) -> DeltaText {
        var found = DeltaText.absent
        try JSONWalk.members(of: place, in: data) { key, value throws(JSONFault) in
            guard JSONWalk.isKey(key, "google", in: data), value.kind == .object else { return }
            try JSONWalk.members(of: value, in: data) { key, value throws(JSONFault) in
                if JSONWalk.isKey(key, "thought_signature", in: data) { found = .filled(value) }
            }
        }
        return found
    }
}
