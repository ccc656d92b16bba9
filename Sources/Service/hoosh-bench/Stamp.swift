import CLinux

/// The time of sending that the mock writes into an event when asked to: `"@` and 19 digits of monotonic nanoseconds.
enum Stamp {
    private static let digitCount = 19

    /// The next stamp at or after `position`, which moves behind it.
    @inline(__always)
    static func next(in bytes: UnsafeRawBufferPointer, from position: inout Int) -> Int64? {
        let key: StaticString = "\"@"
        while let base = bytes.baseAddress, position < bytes.count {
            let rest = bytes.count - position
            guard let found = clinux_find(base + position, rest, key.utf8Start, key.utf8CodeUnitCount) else {
                return nil
            }
            let place = UnsafeRawPointer(found) - base + key.utf8CodeUnitCount
            position = place
            // One that is cut off by the end of the read is left out: rare, and the same for all.
            guard place + digitCount <= bytes.count else { return nil }
            if let value = number(bytes, place) { return value }
        }
        return nil
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<(start + digitCount) {
            let byte = bytes[index]
            guard byte >= 48, byte <= 57 else { return nil }
            value = value &* 10 &+ Int64(byte - 48)
        }
        return value
    }
}
