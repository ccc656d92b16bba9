import CLinux
import Glibc

/// The time of sending that the mock writes into an event when asked to.
enum Stamp {
    /// The next stamp at or after `position`, which moves behind it.
    @inline(__always)
    static func next(in bytes: UnsafeRawBufferPointer, from position: inout Int) -> Int64? {
        let key: StaticString = "\"stamp\":"
        guard let base = bytes.baseAddress, position < bytes.count,
            let found = clinux_find(base + position, bytes.count - position, key.utf8Start, key.utf8CodeUnitCount)
        else { return nil }
        var place = UnsafeRawPointer(found) - base + key.utf8CodeUnitCount
        var value: Int64 = 0
        while place < bytes.count, value < 1 << 59 {
            let byte = bytes[place]
            if byte >= 48, byte <= 57 {
                value = value * 10 + Int64(byte - 48)
            } else if byte != 34 || value > 0 {
                break
            }
            place += 1
        }
        position = place
        return value
    }
}
