import Bytes
import JSON

/// A JSON text in the one form that all spellings of the same request share.
///
/// White space is out, the members of objects are sorted, texts and numbers stand by value. Where the order of members is
/// seen by a model (the schema of a tool or of an answer, the arguments of a call), order and numbers stay as they were
/// spelled. Of members that stand there twice both stay, in their order. The form is for digests: it is no JSON.
package struct CanonicalJSON {
    private var scanner = JSONScanner()
    private var output: [UInt8]
    private let leftOut: [[UInt8]]

    /// Appends the form of a text to `output`.
    ///
    /// * `leavingOut`: members of the outermost object that are no part of it.
    ///
    /// - Throws: what is wrong with the text.
    package static func append(
        _ text: Span<UInt8>,
        leavingOut: [[UInt8]] = [],
        to output: inout [UInt8]
    ) throws(JSONFault) {
        guard text.count <= Int(Int32.max) else { throw JSONFault(offset: 0, message: "the text exceeds 2 GiB") }
        var form = CanonicalJSON(output: output, leftOut: leavingOut)
        output = []
        try form.value(text, depth: 0, keepsOrder: false)
        guard form.scanner.isAtEnd(text) else {
            throw JSONFault(offset: form.scanner.position, message: "something stands behind the value")
        }
        output = form.output
    }

    private init(output: [UInt8], leftOut: [[UInt8]]) {
        self.output = output
        self.leftOut = leftOut
    }

    /// Members whose objects a model may see spelled out, in the order of their members.
    ///
    /// Structured answers come in the order of the schema, and calls of tools are shown to the model as they were.
    private static let ordered: [[UInt8]] = [
        "parameters", "schema", "input_schema", "inputSchema", "responseSchema", "response_schema",
        "responseJsonSchema", "parametersJsonSchema", "guided_json", "format", "input", "args", "arguments",
        "response",
    ].map { Array($0.utf8) }

    private mutating func value(_ text: Span<UInt8>, depth: Int, keepsOrder: Bool) throws(JSONFault) {
        scanner.skipSpace(text)
        let start = scanner.position
        guard start < text.count else { throw fault("the text ends where a value should be") }
        switch text[start] {
        case 0x7b: try object(text, depth, keepsOrder)
        case 0x5b: try array(text, depth, keepsOrder)
        case 0x22: _ = try string(text)
        default:
            let kind = try scanner.skipValue(text)
            let spelled = text.extracting(start..<scanner.position)
            if kind == .number { put(number: spelled, isKept: keepsOrder) } else { put(spelled) }
        }
    }

    private mutating func array(_ text: Span<UInt8>, _ depth: Int, _ keepsOrder: Bool) throws(JSONFault) {
        try open(0x5b, text, depth)
        output.append(0x5b)
        if !closes(0x5d, text) {
            while true {
                try value(text, depth: depth + 1, keepsOrder: keepsOrder)
                if closes(0x5d, text) { break }
                try scanner.expect(0x2c, "a comma or the end is missing here", text)
            }
        }
        output.append(0x5d)
    }

    private mutating func object(_ text: Span<UInt8>, _ depth: Int, _ keepsOrder: Bool) throws(JSONFault) {
        try open(0x7b, text, depth)
        output.append(0x7b)
        let first = output.count
        var members: [(key: Range<Int>, end: Int)] = []
        var isSorted = true
        if !closes(0x7d, text) {
            while true {
                let start = output.count
                scanner.skipSpace(text)
                let name = try string(text)
                scanner.skipSpace(text)
                try scanner.expect(0x3a, "a colon is missing after a key", text)
                scanner.skipSpace(text)
                let key = start..<output.count
                let isObject = scanner.position < text.count && text[scanner.position] == 0x7b
                let keeps = keepsOrder || isObject && isOneOf(CanonicalJSON.ordered, name)
                try value(text, depth: depth + 1, keepsOrder: keeps)
                if depth == 0, isOneOf(leftOut, name) {
                    output.removeSubrange(start...)
                } else {
                    if let last = members.last, precedes(key, last.key) { isSorted = false }
                    members.append((key, output.count))
                }
                if closes(0x7d, text) { break }
                try scanner.expect(0x2c, "a comma or the end is missing here", text)
            }
        }
        if !isSorted, !keepsOrder { sort(members, from: first) }
        output.append(0x7d)
    }

    private mutating func sort(_ members: [(key: Range<Int>, end: Int)], from first: Int) {
        // By place where the keys are the same: two members of one name keep their order.
        let order = members.indices.sorted { left, right in
            if precedes(members[left].key, members[right].key) { return true }
            return left < right && !precedes(members[right].key, members[left].key)
        }
        var sorted: [UInt8] = []
        sorted.reserveCapacity(output.count - first)
        for index in order { sorted += output[members[index].key.lowerBound..<members[index].end] }
        output.replaceSubrange(first..., with: sorted)
    }

    private func precedes(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        output[left].lexicographicallyPrecedes(output[right])
    }

    private func isOneOf(_ names: [[UInt8]], _ place: Range<Int>) -> Bool {
        names.contains { $0.count == place.count && $0.elementsEqual(output[place]) }
    }

    // MARK: Scalars

    /// Writes a text with its length in front; answers where its bytes stand.
    ///
    /// One with an escape that stands for no character stays as it is spelled, lest it be taken for another.
    private mutating func string(_ text: Span<UInt8>) throws(JSONFault) -> Range<Int> {
        let (place, isEscaped) = try scanner.skipString(text)
        let spelled = text.extracting(place.range)
        guard isEscaped else { return put(spelled, as: 0x22) }
        let plain = JSONText.unescape(spelled)
        let isDoubtful = CanonicalJSON.holdsReplacement(plain)
        return isDoubtful ? put(spelled, as: 0x27) : put(plain.span, as: 0x22)
    }

    private static func holdsReplacement(_ text: [UInt8]) -> Bool {
        guard text.count >= 3 else { return false }
        for index in 0...(text.count - 3)
        where text[index] == 0xef && text[index + 1] == 0xbf && text[index + 2] == 0xbd { return true }
        return false
    }

    private mutating func put(_ text: Span<UInt8>, as mark: UInt8) -> Range<Int> {
        output.append(mark)
        output += Array(String(text.count).utf8)
        output.append(0x3a)
        let start = output.count
        put(text)
        return start..<output.count
    }

    private mutating func put(_ text: Span<UInt8>) {
        text.withUnsafeBufferPointer { output.append(contentsOf: $0) }
    }

    /// Writes a number as its digits and the power of ten behind them, whatever way it was written.
    private mutating func put(number spelled: Span<UInt8>, isKept: Bool) {
        guard !isKept, let form = CanonicalJSON.decimal(spelled) else {
            output.append(0x25)
            put(spelled)
            output.append(0x3b)
            return
        }
        output.append(0x23)
        if form.isNegative { output.append(0x2d) }
        output += form.digits
        output.append(0x65)
        output += Array(String(form.power).utf8)
        output.append(0x3b)
    }

    /// Digits without zeros at either end; nil for a power that nobody means.
    ///
    /// The sign of a zero stays.
    private static func decimal(_ text: Span<UInt8>) -> (isNegative: Bool, digits: [UInt8], power: Int)? {
        var digits: [UInt8] = []
        var power = 0
        var index = 0
        let isNegative = text[0] == 0x2d
        if isNegative { index += 1 }
        var isFraction = false
        while index < text.count, text[index] | 0x20 != 0x65 {
            if text[index] == 0x2e {
                isFraction = true
            } else {
                digits.append(text[index])
                if isFraction { power -= 1 }
            }
            index += 1
        }
        if index < text.count {
            index += 1
            var exponent = 0
            let isDown = text[index] == 0x2d
            if isDown || text[index] == 0x2b { index += 1 }
            guard text.count - index <= 9 else { return nil }
            while index < text.count {
                exponent = exponent * 10 + Int(text[index] & 15)
                index += 1
            }
            power += isDown ? -exponent : exponent
        }
        while digits.last == 0x30 {
            digits.removeLast()
            power += 1
        }
        digits = Array(digits.drop { $0 == 0x30 })
        return digits.isEmpty ? (isNegative, [0x30], 0) : (isNegative, digits, power)
    }

    // MARK: Brackets

    private mutating func open(_ byte: UInt8, _ text: Span<UInt8>, _ depth: Int) throws(JSONFault) {
        guard depth < JSONScanner.depthLimit else { throw fault("more than 256 levels") }
        try scanner.expect(byte, "an array or object should begin here", text)
    }

    private mutating func closes(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
        scanner.skipSpace(text)
        guard scanner.position < text.count, text[scanner.position] == byte else { return false }
        scanner = JSONScanner(at: scanner.position + 1)
        return true
    }

    private func fault(_ message: StaticString) -> JSONFault {
        JSONFault(offset: scanner.position, message: message)
    }
}
