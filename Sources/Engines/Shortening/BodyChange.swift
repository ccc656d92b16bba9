import Dialect
import JSON

/// A place in a body and what stands there instead.
package struct BodyChange: Equatable, Sendable {
    package let place: Range<Int>
    package let bytes: [UInt8]

    /// The body with all changes, which must be in the order of their places.
    package static func apply(_ changes: [BodyChange], to body: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var start = 0
        for change in changes {
            result += body[start..<change.place.lowerBound]
            result += change.bytes
            start = change.place.upperBound
        }
        return result + body[start...]
    }
}

// Chats that stay in their format: turns are taken out of the body, texts replaced in it, and nothing else is touched.
extension Shortening {
    /// What is to be changed in a body; nil when it is to be sent as it came and there is nothing to tell.
    package func changes(to body: [UInt8], in format: ChatFormat) -> (changes: [BodyChange], report: Report)? {
        var report = Report()
        guard let chat = BodyChat(body, format) else {
            report.obstacle = .unreadable
            return ([], report)
        }
        var turns = chat.turns
        var besideBytes = chat.besideBytes
        var texts: [(element: Int?, change: BodyChange, saved: Int)] = []
        if policy.compressesWhitespace {
            for text in chat.texts {
                guard let (change, saved) = Shortening.shorter(text.node) else { continue }
                texts.append((text.element, change, saved))
                if let element = text.element { turns[element].bytes -= saved } else { besideBytes -= saved }
            }
        }
        var goes = Array(repeating: false, count: turns.count)
        if let percent = policy.compactAtPercent, let windowTokens {
            let limit = Int((Double(windowTokens) * percent / 100).rounded(.down))
            let compaction = Compaction(limitTokens: limit, keptTurns: policy.keptTurns, estimate: estimate)
            let choice = compaction.choice(
                turns,
                besideBytes: besideBytes,
                besideMessages: chat.besideMessages,
                holdsSystem: format == .messages
            )
            switch choice {
            case .fits: break
            case .uncuttable: report.obstacle = .noPlace
            case .cut(let marks): goes = marks
            }
        }
        texts.removeAll { $0.element.map { goes[$0] } ?? false }
        report.droppedMessages = goes.count { $0 }
        report.savedBytes = texts.reduce(0) { $0 + $1.saved }
        guard report.savedBytes > 0 || report.droppedMessages > 0 || report.obstacle != nil else { return nil }
        report.fromTokens = tokens(chat.turns, besideBytes: chat.besideBytes, chat)
        let kept = turns.indices.filter { !goes[$0] }.map { turns[$0] }
        report.toTokens = tokens(kept, besideBytes: besideBytes, chat)
        let changes = Shortening.removals(of: goes, from: chat.elements) + texts.map(\.change)
        return (changes.sorted { $0.place.lowerBound < $1.place.lowerBound }, report)
    }

    private func tokens(_ turns: [Turn], besideBytes: Int, _ chat: BodyChat) -> Int {
        estimate.tokens(
            bytes: turns.reduce(besideBytes) { $0 + $1.bytes },
            messages: turns.count + chat.besideMessages
        )
    }

    /// A string with less white space; nil when it stays.
    private static func shorter(_ node: JSONNode) -> (BodyChange, saved: Int)? {
        guard let text = node.string else { return nil }
        let plain = text.plain
        let collapsed = Prose.collapsed(plain)
        guard collapsed.count < plain.count else { return nil }
        let bytes = [0x22] + JSONText.escaped(collapsed) + [0x22]
        return (BodyChange(place: node.source.indices, bytes: bytes), plain.count - collapsed.count)
    }

    /// Elements that go, each with what stands between it and the next.
    private static func removals(of goes: [Bool], from elements: [JSONNode]) -> [BodyChange] {
        var changes: [BodyChange] = []
        var start: Int?
        for (place, element) in elements.enumerated() {
            if goes[place] {
                start = start ?? element.source.startIndex
            } else if let first = start {
                changes.append(BodyChange(place: first..<element.source.startIndex, bytes: []))
                start = nil
            }
        }
        // The newest turn never goes, so none is left.
        return changes
    }
}
