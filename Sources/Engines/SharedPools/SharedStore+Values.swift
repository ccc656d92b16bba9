import Loop

// Values that proxies leave for one another (docs/cache.md): found and left by name, let go of by generation.
extension SharedStore {
    /// What stands under a name.
    package struct Found: Equatable, Sendable {
        /// Nil when there is nothing.
        package var value: [UInt8]?
        /// Until it goes by itself; below 1 when there is nothing, or when it never does.
        package var leftMilliseconds: Int64
        /// Of the generations that were asked for; empty for one that nobody has begun.
        package var stamps: [[UInt8]]
    }

    /// Who is told of invalidations, and when they are asked for next.
    final class Follower {
        let nanoseconds: Int64
        let length: Int
        let isWanted: () -> Bool
        let told: ([String]) -> Void
        var asksAt: Int64 = 0
        var isWaiting = false

        init(
            _ nanoseconds: Int64,
            length: Int,
            _ isWanted: @escaping () -> Bool,
            _ told: @escaping ([String]) -> Void
        ) {
            self.nanoseconds = nanoseconds
            self.length = length
            self.isWanted = isWanted
            self.told = told
        }
    }

    /// So many bytes are on their way into the store at once; more are not taken.
    package static let givenLimit = 4 << 20
    /// A generation outlives every value that is older than it by more than anything is kept.
    private static let generationMilliseconds = 8 * 86_400_000

    private static let finding = """
        local found = redis.call('MGET', unpack(KEYS))
        if found[1] and #found[1] > tonumber(ARGV[1]) then found[1] = '' end
        return {found, redis.call('PTTL', KEYS[1])}
        """
    private static let beginning = """
        for i = 1, #KEYS - 1 do redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2]) end
        redis.call('LPUSH', KEYS[#KEYS], ARGV[3])
        redis.call('LTRIM', KEYS[#KEYS], 0, ARGV[4] - 1)
        redis.call('PEXPIRE', KEYS[#KEYS], ARGV[2])
        return 1
        """

    private var newsKey: String { base + "n" }

    /// Looks for a value, with the stamps of its generations, at one moment.
    ///
    /// * `mostBytes`: a longer value is as an empty one, and does not travel.
    package func find(
        _ name: String,
        generations: [String],
        mostBytes: Int,
        done: @escaping (Result<Found, StoreFault>) -> Void
    ) {
        let keys = [base + "c:" + name] + generations.map { base + "g:" + $0 }
        let words = ["EVAL", SharedStore.finding, "\(keys.count)"] + keys + ["\(mostBytes)"]
        _ = ask(words, isForScript: false) { result in
            done(
                result.flatMap { reply in
                    guard case .list(let parts)? = reply.plain, parts.count == 2, case .list(let values) = parts[0],
                        values.count == keys.count, case .integer(let left) = parts[1]
                    else { return .failure(.refused("an answer that is none of ours")) }
                    let stamps = values.dropFirst().map { $0.string ?? [] }
                    return .success(Found(value: values[0].string, leftMilliseconds: Int64(left), stamps: stamps))
                }
            )
        }
    }

    /// Leaves a value for some time, which nobody waits for; false when it is not taken now.
    ///
    /// * `done`: told whether the store has it, where it was taken.
    package func give(
        _ name: String,
        _ value: [UInt8],
        milliseconds: Int64,
        done: @escaping (Bool) -> Void
    ) -> Bool {
        guard !valueBreaker.isOpen, milliseconds > 0, givenBytes + value.count <= SharedStore.givenLimit else {
            return false
        }
        let taken = send(["PSETEX", base + "c:" + name, "\(milliseconds)"], last: value, for: .aside) {
            [weak self] reply in
            self?.givenBytes -= value.count
            if case .text("OK")? = reply { done(true) } else { done(false) }
        }
        if taken { givenBytes += value.count }
        return taken
    }

    /// Begins generations anew, so that no value of theirs counts any more, and says so in the list of invalidations.
    ///
    /// * `token`: one of a kind.
    package func begin(
        _ generations: [String],
        token: String,
        entry: String,
        length: Int,
        done: @escaping (Bool) -> Void
    ) {
        let keys = generations.map { base + "g:" + $0 } + [newsKey]
        let words = ["\(keys.count)"] + keys + [token, "\(SharedStore.generationMilliseconds)", entry, "\(length)"]
        _ = ask(["EVAL", SharedStore.beginning] + words, isForScript: false) { result in
            if case .success = result { done(true) } else { done(false) }
        }
    }

    /// Reads the list of invalidations now and then, and tells what stands there, the newest first.
    ///
    /// * `wanted`: whether anybody needs to know, asked each time.
    package func follow(
        every nanoseconds: Int64,
        length: Int,
        wanted: @escaping () -> Bool,
        _ told: @escaping ([String]) -> Void
    ) {
        follower = Follower(nanoseconds, length: length, wanted, told)
    }

    /// Reads the list if it is time.
    func askNews() {
        guard let follower, !follower.isWaiting, loop.now >= follower.asksAt else { return }
        follower.asksAt = loop.now + follower.nanoseconds
        guard follower.isWanted() else { return }
        let words = ["LRANGE", newsKey, "0", "\(follower.length - 1)"]
        follower.isWaiting = send(words, for: .aside) { [weak follower] reply in
            follower?.isWaiting = false
            guard case .list(let items)? = reply else { return }
            follower?.told(items.map { String(decoding: $0.string ?? [], as: UTF8.self) })
        }
    }
}
