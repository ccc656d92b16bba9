import Foundation
import Synchronization

/// Runs `count` workers on threads of their own and waits for all of them; the first error is thrown.
package func concurrently(_ count: Int, _ work: @escaping @Sendable (Int) throws -> Void) throws {
    let group = DispatchGroup()
    let failure = Failure()
    for number in 0..<count {
        group.enter()
        Thread.detachNewThread {
            do { try work(number) } catch { failure.note(error) }
            group.leave()
        }
    }
    group.wait()
    if let error = failure.first { throw error }
}

private final class Failure: Sendable {
    private let error = Mutex<(any Error)?>(nil)
    func note(_ new: any Error) { error.withLock { $0 = $0 ?? new } }
    var first: (any Error)? { error.withLock { $0 } }
}
