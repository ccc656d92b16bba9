import Bytes

/// Takes the list form of `streamGenerateContent` apart into its elements, for streams that are translated.
///
/// Looks at brackets and quotes only; who reads the elements finds what is wrong with them. Holds one element at most;
/// its memory is kept between them.
package struct GeminiArrayFramer {
    /// The largest element it takes, in bytes; the same as for events.
    package static let limitBytes = 8 << 20

    private enum State { case before, between, inside, after }

    private var state = State.before
    private var element: [UInt8] = []
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    /// Begins before the first byte of a body.
    package init() {}

    /// True before the first element, between two, and behind the list.
    package var isAtBoundary: Bool { state != .inside }

    /// True when the list has been closed.
    package var isAtEnd: Bool { state == .after }

    /// Takes bytes, and calls with each element that becomes whole; a body that is an object alone is its own element.
    ///
    /// - Throws: what `body` throws; `tooLarge` for an element beyond the limit, `broken` for what cannot be a list.
    package mutating func take<Failure: Error>(
        _ bytes: Span<UInt8>,
        tooLarge: Failure,
        broken: Failure,
        _ body: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        for index in bytes.indices {
            let byte = bytes[index]
            if state == .inside {
                guard element.count < GeminiArrayFramer.limitBytes else { throw tooLarge }
                element.append(byte)
                guard closes(byte) else { continue }
                state = .between
                defer { element.removeAll(keepingCapacity: true) }
                try dispatch(body)
            } else if !passes(byte) {
                throw broken
            }
        }
    }

    private func dispatch<Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Void) throws(Failure) {
        try body(element.span)
    }

    /// Passes a byte outside of elements; false when it may not stand there.
    private mutating func passes(_ byte: UInt8) -> Bool {
        switch (byte, state) {
        case (0x20, _), (0x09, _), (0x0a, _), (0x0d, _): return true
        case (0x5b, .before): state = .between
        case (0x2c, .between): break
        case (0x5d, .between): state = .after
        case (0x7b, .before), (0x7b, .between):
            state = .inside
            depth = 1
            element.append(byte)
        default: return false
        }
        return true
    }

    /// Passes a byte of an element; true when it is its last.
    private mutating func closes(_ byte: UInt8) -> Bool {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == 0x5c {
                isEscaped = true
            } else if byte == 0x22 {
                isInString = false
            }
            return false
        }
        switch byte {
        case 0x22: isInString = true
        case 0x7b, 0x5b: depth += 1
        case 0x7d, 0x5d: depth -= 1
        default: break
        }
        return depth == 0
    }
}
