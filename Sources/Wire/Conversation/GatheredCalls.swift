import Bytes
import JSON

/// Calls that come in pieces, gathered for dialects that write a call whole.
///
/// Holds at most `limitBytes` of arguments and `limitCalls` calls; of what is beyond it tells in `overflow`.
package struct GatheredCalls: Sendable {
    /// Arguments of all calls of a stream that are held.
    package static let limitBytes = 8 << 20
    /// Calls of a stream that are held.
    package static let limitCalls = 4_096

    /// A call as far as it has come.
    package struct Call: Sendable {
        package let choice: Int
        package let index: Int
        /// As it was spelled; empty when there was none.
        package var id = JSONString(spelled: [])
        package var name = JSONString(spelled: [])
        package var signature: JSONString?
        /// Of the arguments between quotes, still spelled; or JSON, when `isSpelled` is false.
        package fileprivate(set) var arguments: [UInt8] = []
        package fileprivate(set) var isSpelled = true
        package fileprivate(set) var isTooLong = false

        /// What the model wrote as arguments.
        package var text: [UInt8] { isSpelled ? JSONText.unescape(arguments.span) : arguments }

        /// The arguments as the bytes of an object; nil when the model wrote none, or too much.
        package var object: [UInt8]? { isTooLong ? nil : ArgumentsObject.object(text) }
    }

    private var calls: [Call] = []
    private var heldBytes = 0
    /// What of the provider's answer is more than may be held.
    package private(set) var overflow: StaticString?

    /// Said of an answer with more calls than `limitCalls`.
    package static let tooManyCalls: StaticString = "sent more than 4,096 calls in one answer"
    /// Said of an answer with more arguments than `limitBytes`.
    package static let tooManyBytes: StaticString = "sent more than 8 MiB of arguments in one answer"

    /// Begins with no call.
    package init() {}

    /// True when no call is held.
    package var isEmpty: Bool { calls.isEmpty }

    /// Takes what a delta says about a call; false when it is about something else.
    package mutating func take(_ delta: ChatDelta, of event: Span<UInt8>) -> Bool {
        switch delta {
        case .toolCall(let choice, let index, let id, let name):
            guard let place = place(choice, index) else { return true }
            if !id.isAbsent { calls[place].id = JSONString(spelled: spelled(id, event)) }
            if !name.isAbsent { calls[place].name = JSONString(spelled: spelled(name, event)) }
        case .toolSignature(let choice, let index, let text):
            guard let place = place(choice, index) else { return true }
            calls[place].signature = JSONString(spelled: spelled(text, event))
        case .toolArguments(let choice, let index, let text):
            guard let place = place(choice, index) else { return true }
            append(text, event, place)
        default: return false
        }
        return true
    }

    /// Gives out the calls of a choice in the order they began, and forgets them.
    package mutating func release(choice: Int) -> [Call] {
        guard !calls.isEmpty else { return [] }
        let released = calls.filter { $0.choice == choice }
        calls.removeAll { $0.choice == choice }
        for call in released { heldBytes -= call.arguments.count }
        return released
    }

    private mutating func place(_ choice: Int, _ index: Int) -> Int? {
        if let place = calls.lastIndex(where: { $0.choice == choice && $0.index == index }) { return place }
        guard calls.count < GatheredCalls.limitCalls else {
            overflow = GatheredCalls.tooManyCalls
            return nil
        }
        calls.append(Call(choice: choice, index: index))
        return calls.count - 1
    }

    private mutating func append(_ text: DeltaText, _ event: Span<UInt8>, _ place: Int) {
        guard !text.isAbsent else { return }
        let range = text.range.range
        guard heldBytes + range.count <= GatheredCalls.limitBytes else {
            calls[place].isTooLong = true
            overflow = GatheredCalls.tooManyBytes
            return
        }
        if !text.isSpelled {
            heldBytes -= calls[place].arguments.count
            calls[place].arguments.removeAll(keepingCapacity: true)
            calls[place].isSpelled = false
        }
        heldBytes += range.count
        calls[place].arguments.reserveCapacity(calls[place].arguments.count + range.count)
        for offset in range { calls[place].arguments.append(event[offset]) }
    }

    private func spelled(_ text: DeltaText, _ event: Span<UInt8>) -> ArraySlice<UInt8> {
        text.spelling(in: event)[...]
    }
}

extension DeltaText {
    /// The bytes at its place, copied.
    package func bytes(in event: Span<UInt8>) -> [UInt8] {
        let range = range.range
        var copy: [UInt8] = []
        copy.reserveCapacity(range.count)
        for offset in range { copy.append(event[offset]) }
        return copy
    }

    /// The text's spelling between quotes, copied; a value of JSON is spelled out.
    package func spelling(in event: Span<UInt8>) -> [UInt8] {
        let copy = bytes(in: event)
        return isSpelled ? copy : JSONText.escaped(copy)
    }
}
