/// A piece of a buffer that somebody else owns: where it starts and how long it is.
///
/// Heads are kept as bytes with ranges into them, so naming a field costs no allocation.
public struct TextRange: Equatable, Sendable {
    /// Offset of the first byte.
    public var start: Int32
    /// Bytes; -1 when the thing is not there.
    public var count: Int32

    /// Makes a range of `count` bytes from `start`.
    @inlinable
    public init(start: Int32, count: Int32) {
        self.start = start
        self.count = count
    }

    /// The thing is not there, which is not the same as being empty.
    @inlinable public static var absent: TextRange { TextRange(start: 0, count: -1) }

    /// True when there is no such thing in the buffer.
    @inlinable public var isAbsent: Bool { count < 0 }

    /// The offsets; empty when absent.
    @inlinable public var range: Range<Int> { Int(start)..<(Int(start) + Int(max(count, 0))) }
}
