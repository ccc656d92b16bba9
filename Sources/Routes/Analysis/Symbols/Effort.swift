import Synchronization

/// Work that the proofs about one file may still do, counted in steps: the same on every machine (`routes.md` 3.9).
///
/// All parts of an analysis take from one of these, so that many hard questions cost no more than one. A step is about
/// ten nanoseconds; counts need not be exact, but what can multiply must be counted where it does.
package final class Effort: Sendable {
    /// Steps for all questions about a file: about two seconds.
    package static let limit = 160_000_000
    /// One question may take this part of all.
    private static let questions = 4

    private let left: Atomic<Int>
    private let floor = Atomic(0)
    private let hasGivenUp = Atomic(false)
    private let question: Int

    /// With so many steps to spend.
    package init(steps: Int = Effort.limit) {
        left = Atomic(steps)
        question = max(1, steps / Self.questions)
    }

    /// True once something was given up: then not everything is known.
    package var isIncomplete: Bool { hasGivenUp.load(ordering: .relaxed) }

    /// Steps that are left.
    package var rest: Int { left.load(ordering: .relaxed) }

    /// True when the question at hand, or all of them, have had their share.
    var isSpent: Bool { rest <= floor.load(ordering: .relaxed) }

    /// Takes steps; false when there are none left.
    @discardableResult func spend(_ steps: Int) -> Bool {
        // One thread asks; a lost count would only be more generous.
        let rest = max(-1, rest - steps)
        left.store(rest, ordering: .relaxed)
        if rest > floor.load(ordering: .relaxed) { return true }
        giveUp()
        return false
    }

    /// Notes that something stays unknown.
    func giveUp() { hasGivenUp.store(true, ordering: .relaxed) }

    /// Nothing more may be asked.
    func stop() {
        giveUp()
        left.store(-1, ordering: .relaxed)
    }

    /// Gives the question its share, until `endQuestion`.
    func beginQuestion() { floor.store(max(0, rest - question), ordering: .relaxed) }

    /// What follows takes from all that is left.
    func endQuestion() { floor.store(0, ordering: .relaxed) }
}
