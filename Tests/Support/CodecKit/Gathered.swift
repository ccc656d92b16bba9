import Bytes
import Conversation
import JSON

/// What the deltas of a stream add up to, for comparison with what was sent.
package struct Gathered: Equatable {
    /// A call as it came.
    package struct Call: Equatable {
        package var id: String?
        package var name = ""
        package var arguments = ""
        package var signature: String?

        package init() {}
    }

    package var id: String?
    package var model: String?
    package var created: Int?
    package var starts = 0
    package var text: [Int: String] = [:]
    package var reasoning: [Int: String] = [:]
    package var signatures: [String] = []
    package var redacted: [String] = []
    package var refusal: [Int: String] = [:]
    package var calls: [Int: [Call]] = [:]
    package var finish: [Int: FinishReason] = [:]
    package var usage = TokenUsage()
    package var failure: String?
    package var failureKind: ChatFault.Kind?
    package var isEnded = false

    package init() {}

    /// Adds one step.
    package mutating func add(_ delta: ChatDelta, _ event: Span<UInt8>) {
        switch delta {
        case .started(let id, let model, let created):
            starts += 1
            self.id = Gathered.text(id, event)
            self.model = Gathered.text(model, event)
            self.created = created
        case .text(let choice, let text): self.text[choice, default: ""] += Gathered.text(text, event) ?? ""
        case .reasoning(let choice, let text): reasoning[choice, default: ""] += Gathered.text(text, event) ?? ""
        case .signature(_, let text): signatures.append(Gathered.text(text, event) ?? "")
        case .redacted(_, let text): redacted.append(Gathered.text(text, event) ?? "")
        case .refusal(let choice, let text): refusal[choice, default: ""] += Gathered.text(text, event) ?? ""
        case .toolCall(let choice, let index, let id, let name):
            call(choice, index) {
                $0.id = Gathered.text(id, event)
                $0.name = Gathered.text(name, event) ?? ""
            }
        case .toolArguments(let choice, let index, let text):
            call(choice, index) { $0.arguments += Gathered.text(text, event) ?? "" }
        case .toolSignature(let choice, let index, let text):
            call(choice, index) { $0.signature = Gathered.text(text, event) }
        case .logProbabilities: break
        case .finished(let choice, let reason, _): finish[choice] = reason
        case .usage(let later): usage.update(later)
        case .failed(let kind, let message, _, _, _):
            failureKind = kind
            failure = Gathered.text(message, event)
        case .ended: isEnded = true
        }
    }

    private mutating func call(_ choice: Int, _ index: Int, _ change: (inout Call) -> Void) {
        while calls[choice, default: []].count <= index { calls[choice, default: []].append(Call()) }
        calls[choice]?[index].modify(change)
    }

    private static func text(_ text: DeltaText, _ event: Span<UInt8>) -> String? {
        guard !text.isAbsent else { return nil }
        let bytes = text.range.range.map { event[$0] }
        return String(decoding: text.isSpelled ? JSONText.unescape(bytes.span) : bytes, as: UTF8.self)
    }
}

extension Gathered.Call {
    fileprivate mutating func modify(_ change: (inout Gathered.Call) -> Void) { change(&self) }
}
