import Glibc
import Synchronization

/// Work on independent items by two threads, the caller's and one more.
enum InParallel {
    /// What a second thread is given.
    private final class Work: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Items of which each is taken once, with what came of them.
    private final class Queue<Item: Sendable, Result: Sendable>: Sendable {
        private let items: [Item]
        private let body: @Sendable (Item) -> Result
        private let next = Atomic<Int>(0)
        private let results: Mutex<[Result?]>

        init(_ items: [Item], _ body: @escaping @Sendable (Item) -> Result) {
            self.items = items
            self.body = body
            results = Mutex(Array(repeating: nil, count: items.count))
        }

        func work() {
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < items.count else { return }
                let result = body(items[index])
                results.withLock { $0[index] = result }
            }
        }

        var finished: [Result] { results.withLock { $0.compactMap(\.self) } }
    }

    /// What `body` makes of each item, in their order.
    static func map<Item: Sendable, Result: Sendable>(
        _ items: [Item],
        _ body: @escaping @Sendable (Item) -> Result
    ) -> [Result] {
        let queue = Queue(items, body)
        var thread = pthread_t()
        var isStarted = false
        if items.count > 3 {
            let work = Unmanaged.passRetained(Work { queue.work() })
            isStarted =
                pthread_create(
                    &thread,
                    nil,
                    { context in
                        if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run() }
                        return nil
                    },
                    work.toOpaque()
                ) == 0
            // Without a second thread the first does it all.
            if !isStarted { work.release() }
        }
        queue.work()
        if isStarted { pthread_join(thread, nil) }
        return queue.finished
    }
}
