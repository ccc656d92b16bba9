import Loop

/// The bytes of one request as they arrived, kept until the answer is committed, so that another try can send them.
///
/// Owned by one connection at a time; an idle connection has none. Loop only.
package final class RequestBuffer {
    /// Size of a fresh buffer, bytes: most chat requests fit without growing.
    package static let freshBytes = 16 * 1024

    private var pages: Pages
    /// Bytes in use, from the front.
    package private(set) var count = 0

    package init() { pages = Pages(count: RequestBuffer.freshBytes) }

    private var storage: UnsafeMutableRawBufferPointer { pages.bytes }

    /// The bytes in use; valid until the next change.
    package var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: storage[..<count]) }

    /// Bytes it can hold without growing.
    package var capacity: Int { storage.count }

    /// Reads once from `socket` behind what is there.
    ///
    /// `wanted`: how many bytes in all are known to come; the buffer grows towards that, doubling, so that a
    /// client cannot make us reserve what it only announced.
    package func fill(from socket: Socket, wanted: Int) -> Transfer {
        if count == storage.count { grow(to: min(max(wanted, count + 1), storage.count * 2)) }
        let room = UnsafeMutableRawBufferPointer(rebasing: storage[count...])
        let result = socket.receive(into: room)
        if case .moved(let moved) = result { count += moved }
        return result
    }

    private func grow(to size: Int) {
        let larger = Pages(count: max(size, storage.count * 2))
        larger.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<count]))
        pages = larger
    }

    /// Drops bytes from the front, keeping what was pipelined behind them.
    package func drop(_ dropped: Int) {
        guard dropped > 0 else { return }
        let rest = count - dropped
        if rest > 0, let base = storage.baseAddress {
            base.copyMemory(from: base + dropped, byteCount: rest)
        }
        count = rest
    }

    /// Moves a piece towards the front, over bytes that are not needed any more.
    package func move(_ range: Range<Int>, to: Int) {
        guard range.lowerBound > to, let base = storage.baseAddress else { return }
        (base + to).copyMemory(from: base + range.lowerBound, byteCount: range.count)
    }

    /// Closes a gap: moves `[from, count)` down to `to`.
    package func close(gapFrom to: Int, upTo from: Int) {
        guard from > to, let base = storage.baseAddress else { return }
        (base + to).copyMemory(from: base + from, byteCount: count - from)
        count -= from - to
    }

    /// Puts other bytes in the place of some; what stands behind them moves.
    package func replace(_ range: Range<Int>, with bytes: [UInt8]) {
        let size = count - range.count + bytes.count
        if size > storage.count { grow(to: size) }
        guard let base = storage.baseAddress else { return }
        (base + range.lowerBound + bytes.count).copyMemory(
            from: base + range.upperBound,
            byteCount: count - range.upperBound
        )
        bytes.withUnsafeBytes { bytes in
            if let source = bytes.baseAddress {
                (base + range.lowerBound).copyMemory(from: source, byteCount: bytes.count)
            }
        }
        count = size
    }

    /// Forgets everything.
    package func clear() { count = 0 }
}

/// Spare request buffers of one loop.
package final class RequestBuffers {
    private var spare: [RequestBuffer] = []
    /// Buffers kept for the next request.
    private static let keptLimit = 64

    package init() {}

    package func borrow() -> RequestBuffer { spare.popLast() ?? RequestBuffer() }

    package func giveBack(_ buffer: RequestBuffer) {
        guard buffer.capacity == RequestBuffer.freshBytes, spare.count < RequestBuffers.keptLimit else { return }
        buffer.clear()
        spare.append(buffer)
    }
}
