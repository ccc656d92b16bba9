import Glibc

/// A file descriptor with one owner.
///
/// Closed when the owner goes away, never twice; a descriptor that two parts of the program need is two
/// descriptors (`duplicate()`). Any thread may own one, one at a time.
public struct Descriptor: ~Copyable, Sendable {
    /// The kernel's number for it, 0 or above.
    public let number: Int32

    /// Takes over a number that somebody opened; whoever opened it must not close it any more.
    public init(adopting number: Int32) {
        precondition(number >= 0, "cannot own descriptor \(number)")
        self.number = number
    }

    /// Gives the number away; the new owner closes it.
    public consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// A second descriptor for the same open file, or nil when the process has no number left.
    package func duplicate() -> Descriptor? {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        return copy < 0 ? nil : Descriptor(adopting: copy)
    }

    deinit { _ = close(number) }
}

extension Kernel {
    /// A new socket that children do not inherit; below 0 with `errno` set when there is none.
    public static func openSocket(family: Int32, type: Int32, protocol number: Int32) -> Int32 {
        socket(family, type | Int32(SOCK_CLOEXEC.rawValue), number)
    }

    /// True when the last call failed because the process or the machine has too many files open.
    public static var isShortOfDescriptors: Bool { errno == EMFILE || errno == ENFILE }

    /// True when no descriptor could be opened at this moment.
    public static var hasNoDescriptorLeft: Bool {
        let number = fcntl(2, F_DUPFD_CLOEXEC, 0)
        guard number >= 0 else { return isShortOfDescriptors }
        _ = close(number)
        return false
    }
}
