import Synchronization

/// The snapshot that new requests begin with: one pointer for the process, which a reload replaces by one store.
///
/// Loops read the pointer with each request, without a lock. What was published stays alive until every loop has said
/// that it has gone on to a later one, so a loop that has just read the pointer may follow it. Any thread.
package final class Publication: Sendable {
    /// The address of the current snapshot: changes exactly when there is a new one.
    private let pointer: Atomic<UInt>
    /// Keeps alive what a loop may still be about to follow, oldest first.
    private let kept: Mutex<[Snapshot]>

    package init(_ first: Snapshot) {
        pointer = Atomic(Publication.address(first))
        kept = Mutex([first])
    }

    private static func address(_ snapshot: Snapshot) -> UInt {
        UInt(bitPattern: Unmanaged.passUnretained(snapshot).toOpaque())
    }

    /// True while `snapshot`, which the caller holds, is still the current one.
    func isCurrent(_ snapshot: Snapshot) -> Bool {
        pointer.load(ordering: .acquiring) == Publication.address(snapshot)
    }

    /// The current snapshot.
    ///
    /// The pointer is valid: `kept` lets go of a snapshot only after each loop has run a message that was posted when
    /// a later one stood here already, and a loop does not run a message in the middle of this call. Other threads take
    /// the lock instead (`latest`).
    func current() -> Snapshot? {
        guard let raw = UnsafeRawPointer(bitPattern: pointer.load(ordering: .acquiring)) else { return nil }
        return Unmanaged<Snapshot>.fromOpaque(raw).takeUnretainedValue()
    }

    /// The current snapshot, for threads that are no loop.
    var latest: Snapshot? { kept.withLock { $0.last } }

    /// Makes `snapshot` the current one.
    func publish(_ snapshot: Snapshot) {
        kept.withLock { $0.append(snapshot) }
        pointer.store(Publication.address(snapshot), ordering: .releasing)
    }

    /// Every loop has gone on to `snapshot` or a later one.
    func forget(before snapshot: Snapshot) {
        let gone = kept.withLock { list -> [Snapshot] in
            guard let index = list.firstIndex(where: { $0 === snapshot }) else { return [] }
            let gone = Array(list[..<index])
            list.removeFirst(index)
            return gone
        }
        // Freed here, outside the lock.
        _ = gone.count
    }
}
