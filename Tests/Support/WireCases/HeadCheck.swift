import Bytes
import HTTP

/// Heads: splits change nothing, ranges stay in bounds, what is accepted can be written down and read again.
enum HeadCheck {
    static func request(_ bytes: [UInt8]) throws(Violation) {
        guard let length = try found(bytes, .request) else { return }
        let head = RequestHead()
        guard (try? head.parse(bytes.span, length: length)) != nil else {
            try claim(
                (try? RequestHead().parse(Array(bytes[..<length]).span, length: length)) == nil,
                "bytes behind the head change whether it is refused"
            )
            return
        }
        for range in [head.methodText, head.target, head.path] { try inside(range, length) }
        if !head.query.isAbsent { try inside(head.query, length) }
        try claim(bytes[head.target.range].allSatisfy { $0 > 0x20 && $0 < 0x7f }, "a target with odd bytes")
        try fields(head.fields, bytes, length)
        let copy = RequestHead()
        let text = written(head, bytes)
        guard (try? copy.parse(text.span, length: text.count)) != nil else {
            throw Violation(claim: "an accepted head is refused when it is written plainly")
        }
        try claim(
            copy.framing == head.framing && copy.keepsAlive == head.keepsAlive
                && copy.expectsContinue == head.expectsContinue && copy.fields.count == head.fields.count,
            "an accepted head means something else when it is written plainly"
        )
        let lengths = head.fields.count { $0.id == .contentLength }
        let codings = head.fields.count { $0.id == .transferEncoding }
        try claim(lengths + codings <= 1, "two fields that frame the body")
    }

    private static func written(_ head: RequestHead, _ bytes: [UInt8]) -> [UInt8] {
        var text = Array(bytes[head.methodText.range]) + [0x20] + Array(bytes[head.target.range])
        text += Array(" HTTP/1.\(head.versionMinor)\r\n".utf8)
        for field in head.fields {
            text += Array(bytes[field.name.range]) + [0x3a, 0x20] + Array(bytes[field.value.range]) + [0x0d, 0x0a]
        }
        return text + [0x0d, 0x0a]
    }

    static func response(_ bytes: [UInt8]) throws(Violation) {
        guard let length = try found(bytes, .response) else { return }
        for method in [Method.get, .head] {
            let head = ResponseHead()
            guard (try? head.parse(bytes.span, length: length, for: method)) != nil else { continue }
            try claim((100..<600).contains(head.status), "status \(head.status)")
            try inside(head.reason, length)
            try fields(head.fields, bytes, length)
            if method == .head { try claim(head.framing == .none, "an answer to HEAD with a body") }
            if head.framing == .untilClose { try claim(!head.keepsAlive, "kept, although the end ends the body") }
            if case .length(let count) = head.framing { try claim(count >= 0, "a length below zero") }
            let wait = head.retryAfterMilliseconds(in: bytes.span, nowSeconds: 1_700_000_000)
            try claim((wait ?? 0) >= 0, "a wait below zero")
        }
    }

    /// The length of the head, when one is complete; however the bytes are cut.
    private static func found(_ bytes: [UInt8], _ kind: HeadFinder.Kind) throws(Violation) -> Int? {
        var whole = HeadFinder(kind)
        let answer = whole.advance(bytes.span)
        var dice = Dice(of: bytes)
        for _ in 0..<3 {
            var pieces = HeadFinder(kind)
            var last = HeadFinder.Answer.incomplete
            for cut in dice.cuts(bytes.count) {
                last = pieces.advance(bytes.span.extracting(..<cut))
                if last != .incomplete { break }
            }
            try claim(last == answer, "\(answer) at once, \(last) in pieces")
        }
        guard case .complete(let length) = answer else { return nil }
        try claim(length <= bytes.count && length >= 4, "a head of \(length) in \(bytes.count) bytes")
        try claim(length <= HeadLimits.requestBytes, "a head beyond the limit")
        return length
    }

    private static func inside(_ range: TextRange, _ length: Int) throws(Violation) {
        try claim(
            !range.isAbsent && range.range.lowerBound >= 0 && range.range.upperBound <= length - 2,
            "\(range) in a head of \(length)"
        )
    }

    private static func fields(_ fields: [Field], _ bytes: [UInt8], _ length: Int) throws(Violation) {
        try claim(fields.count <= HeadLimits.fields, "\(fields.count) fields")
        for field in fields {
            try inside(field.name, length)
            try inside(field.value, length)
            try claim(!field.name.range.isEmpty, "an empty name")
            try claim(bytes[field.name.range].allSatisfy(ASCII.isToken), "a name with odd bytes")
            let value = bytes[field.value.range]
            try claim(value.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }, "a value with control bytes")
            for edge in [value.first, value.last] where edge == 0x20 || edge == 0x09 {
                throw Violation(claim: "a value with white space around it")
            }
        }
    }
}
