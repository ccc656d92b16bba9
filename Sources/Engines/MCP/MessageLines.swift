import Bytes

/// Takes the output of a server on stdio apart into lines, each of them one message.
///
/// A line beyond the limit is passed over; of it only beginning and end are kept, to tell whose answer it was.
package struct MessageLines {
    /// What a line came to.
    package enum Line: Equatable {
        case whole([UInt8])
        /// A line that is too long, with the id of the request it answers, if that could be told.
        case tooLong(id: Int?)
    }

    private let limitBytes: Int
    private var line: [UInt8] = []
    private var tail: [UInt8] = []
    private var isTooLong = false

    private static let headBytes = 1_024
    private static let tailBytes = 64

    package init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// Takes bytes, and calls with each line that ends in them; empty lines are passed over.
    package mutating func take(_ bytes: UnsafeRawBufferPointer, _ body: (Line) -> Void) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0a) {
            append(rest[..<end])
            rest = rest[(end + 1)...]
            finish(body)
        }
        append(rest)
    }

    private mutating func append(_ piece: Slice<UnsafeRawBufferPointer>) {
        if !isTooLong, line.count + piece.count <= limitBytes {
            line.append(contentsOf: piece)
            return
        }
        if !isTooLong {
            isTooLong = true
            line.append(contentsOf: piece.prefix(max(0, MessageLines.headBytes - line.count)))
            tail = Array(line.suffix(MessageLines.tailBytes))
            line.removeLast(max(0, line.count - MessageLines.headBytes))
        }
        tail.append(contentsOf: piece.suffix(MessageLines.tailBytes))
        tail.removeFirst(max(0, tail.count - MessageLines.tailBytes))
    }

    private mutating func finish(_ body: (Line) -> Void) {
        defer {
            line = []
            tail = []
            isTooLong = false
        }
        if isTooLong {
            let end = tail.last == 0x0d ? tail.dropLast() : tail[...]
            return body(.tooLong(id: MessageLines.id(atStartOf: line) ?? MessageLines.id(atEndOf: end)))
        }
        if line.last == 0x0d { line.removeLast() }
        if !line.isEmpty { body(.whole(line)) }
    }

    /// `{"jsonrpc":"2.0","id":7,`: members may come in this order only, else it is not sure.
    private static func id(atStartOf line: [UInt8]) -> Int? {
        let plain = line.prefix(64).filter { $0 != 0x20 }
        for start in ["{\"jsonrpc\":\"2.0\",\"id\":", "{\"id\":"] where plain.starts(with: start.utf8) {
            return number(plain.dropFirst(start.utf8.count), endingIn: 0x2c)
        }
        return nil
    }

    /// `,"id":7}` at the very end cannot stand inside a text, and with one brace it is the message's own.
    private static func id(atEndOf line: ArraySlice<UInt8>) -> Int? {
        let plain = line.filter { $0 != 0x20 }
        let mark = Array(",\"id\":".utf8)
        guard plain.count > mark.count else { return nil }
        for start in stride(from: plain.count - mark.count - 1, through: 0, by: -1)
        where plain[start...].starts(with: mark) {
            let rest = plain[(start + mark.count)...]
            guard rest.firstIndex(of: 0x7d) == plain.count - 1 else { return nil }
            return number(rest, endingIn: 0x7d)
        }
        return nil
    }

    private static func number(_ bytes: some Collection<UInt8>, endingIn end: UInt8) -> Int? {
        let digits = bytes.prefix { ASCII.isDigit($0) }
        guard !digits.isEmpty, digits.count < 18, bytes.dropFirst(digits.count).first == end else { return nil }
        return Int(String(decoding: Array(digits), as: UTF8.self))
    }
}
