import Conversation
import JSON

/// Where a conversation must not be cut: between a call and its result.
struct OpenCalls {
    /// True at a position when something called before it is answered at it or later.
    private(set) var isOpen: [Bool]
    private var changes: [Int]
    private var byID: [[UInt8]: Int] = [:]
    /// Calls without an id that wait for a result, by name, in order.
    private var unnamed: [[UInt8]: ArraySlice<Int>] = [:]
    private var firstUnnamed: Int?

    /// Looks through the turns; system turns are not among them.
    init(_ turns: [ChatMessage]) {
        changes = Array(repeating: 0, count: turns.count + 1)
        isOpen = []
        for (place, turn) in turns.enumerated() {
            for part in turn.parts { note(part, place) }
        }
        var open = 0
        isOpen = changes.map { change in
            open += change
            return open > 0
        }
    }

    private mutating func note(_ part: ChatPart, _ place: Int) {
        switch part {
        case .toolCall(let call) where call.id.isEmpty:
            unnamed[call.name.plain, default: []].append(place)
            firstUnnamed = firstUnnamed ?? place
        case .toolCall(let call): byID[call.id.plain] = place
        case .toolResult(let result):
            if result.callID.isEmpty {
                close(from: nextUnnamed(result.name?.plain ?? []), place)
            } else {
                close(from: byID[result.callID.plain], place)
            }
        case .other(_, let node):
            // What one dialect alone knows: calls that a server runs, whose results name them.
            if let id = (node["tool_use_id"] ?? node["call_id"])?.string?.plain {
                if let start = byID[id] { close(from: start, place) } else { byID[id] = place }
            } else if let id = node["id"]?.string?.plain {
                byID[id] = place
            }
        case .text, .media, .reasoning, .refusal: break
        }
    }

    /// The call that a result without an id belongs to; where that is not certain, the earliest that it could be.
    private mutating func nextUnnamed(_ name: [UInt8]) -> Int? {
        guard var waiting = unnamed[name], let first = waiting.popFirst() else { return firstUnnamed }
        unnamed[name] = waiting
        return first
    }

    private mutating func close(from start: Int?, _ place: Int) {
        guard let start, start < place else { return }
        changes[start + 1] += 1
        changes[place + 1] -= 1
    }
}
