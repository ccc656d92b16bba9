/// One deadline of one watcher.
///
/// Moving the deadline later costs a store: the heap still holds the earlier time and puts the timer back when that
/// comes. So a stream may push its idle deadline on every event. Loop only.
public final class LoopTimer {
    /// Who is told.
    unowned let watcher: Watcher
    /// When, in monotonic nanoseconds; `.max` is never.
    public internal(set) var deadline: Int64 = .max
    /// The time the heap has it under; at most `deadline`.
    var heapDeadline: Int64 = .max
    var heapIndex = -1

    /// Makes a timer that is off.
    public init(_ watcher: Watcher) { self.watcher = watcher }
}

/// The timers of one loop, soonest first.
struct TimerHeap {
    private var heap: [LoopTimer] = []

    var soonest: Int64 { heap.first?.heapDeadline ?? .max }
    var count: Int { heap.count }

    mutating func set(_ timer: LoopTimer, at deadline: Int64) {
        timer.deadline = deadline
        if timer.heapIndex >= 0 {
            guard deadline < timer.heapDeadline else { return }
            timer.heapDeadline = deadline
            siftUp(timer.heapIndex)
        } else if deadline != .max {
            timer.heapDeadline = deadline
            timer.heapIndex = heap.count
            heap.append(timer)
            siftUp(timer.heapIndex)
        }
    }

    mutating func remove(_ timer: LoopTimer) {
        timer.deadline = .max
        let index = timer.heapIndex
        guard index >= 0 else { return }
        timer.heapIndex = -1
        let last = heap.removeLast()
        guard last !== timer else { return }
        place(last, at: index)
        siftDown(index)
        siftUp(last.heapIndex)
    }

    /// Takes the next timer that is due, putting back those whose deadline has moved.
    mutating func popDue(now: Int64) -> LoopTimer? {
        while let first = heap.first, first.heapDeadline <= now {
            if first.deadline <= now {
                remove(first)
                return first
            }
            if first.deadline == .max {
                remove(first)
            } else {
                first.heapDeadline = first.deadline
                siftDown(0)
            }
        }
        return nil
    }

    private mutating func place(_ timer: LoopTimer, at index: Int) {
        heap[index] = timer
        timer.heapIndex = index
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        let timer = heap[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard timer.heapDeadline < heap[parent].heapDeadline else { break }
            place(heap[parent], at: index)
            index = parent
        }
        place(timer, at: index)
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        let timer = heap[index]
        while true {
            var child = index * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].heapDeadline < heap[child].heapDeadline { child += 1 }
            guard heap[child].heapDeadline < timer.heapDeadline else { break }
            place(heap[child], at: index)
            index = child
        }
        place(timer, at: index)
    }
}
