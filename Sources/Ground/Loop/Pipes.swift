import CLinux
import Glibc

/// A pipe that bytes pass through between two sockets.
///
/// Borrowed while bytes are in flight. Loop only.
public final class Pipe {
    let readEnd: Descriptor
    let writeEnd: Descriptor
    /// Bytes inside, put in and not yet taken out.
    public fileprivate(set) var count = 0

    fileprivate init?() {
        var ends: [Int32] = [0, 0]
        guard clinux_pipe(&ends) == 0 else { return nil }
        readEnd = Descriptor(adopting: ends[0])
        writeEnd = Descriptor(adopting: ends[1])
        // The larger the pipe, the fewer turns a large window takes. Refused beyond the user's soft limit: then the
        // default of 64 KiB serves.
        _ = clinux_set_pipe_size(writeEnd.number, Int32(SparePipes.sizeBytes))
    }

    /// Takes up to `limit` bytes from a socket.
    public func fill(from socket: Int32, limit: Int) -> Transfer {
        let result = Kernel.splice(from: socket, to: writeEnd.number, count: limit)
        if case .moved(let moved) = result { count += moved }
        return result
    }

    /// Gives up to `limit` of what it holds to a socket, as far as that takes it.
    public func empty(to socket: Int32, limit: Int = .max) -> Transfer {
        let result = Kernel.splice(from: readEnd.number, to: socket, count: min(count, limit))
        if case .moved(let moved) = result { count -= moved }
        return result
    }
}

extension Pipe {
    /// Reads everything back into memory: for streams that end otherwise than they began.
    public func drain(into bytes: inout [UInt8]) {
        while count > 0 {
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: count))
            let room = count
            let taken = bytes.withUnsafeMutableBytes { buffer in
                read(readEnd.number, UnsafeMutableRawBufferPointer(rebasing: buffer[start...]).baseAddress, room)
            }
            bytes.removeLast(count - max(taken, 0))
            guard taken > 0 else { return }
            count -= taken
        }
    }
}

/// The pipes of one loop.
public final class SparePipes {
    /// What each pipe is asked to hold, in bytes.
    public static let sizeBytes = 1 << 20
    /// Pipes out on loan at once; a stream that gets none copies instead.
    ///
    /// Bounds descriptors and kernel memory.
    public static let lentLimit = 64
    /// Empty pipes kept for the next borrower.
    static let keptLimit = 8

    private var kept: [Pipe] = []
    /// Pipes on loan.
    public private(set) var lent = 0

    init() {}

    /// An empty pipe, or nil when the limit is reached or the process has no descriptors left.
    public func borrow() -> Pipe? {
        guard lent < SparePipes.lentLimit else { return nil }
        guard let pipe = kept.popLast() ?? Pipe() else { return nil }
        lent += 1
        return pipe
    }

    /// Takes a pipe back; one that still holds bytes is closed, so no byte can reach another stream.
    public func giveBack(_ pipe: Pipe) {
        lent -= 1
        if pipe.count == 0, kept.count < SparePipes.keptLimit { kept.append(pipe) }
    }
}
