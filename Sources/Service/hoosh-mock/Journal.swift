import Loop
import Synchronization

/// What the mock has received and how it ended, for all threads.
///
/// Any thread. One short lock per request; none while recording is off.
final class Journal: Sendable {
    /// How an exchange ended.
    enum Ending {
        case open
        case completed
        /// When the peer's close was seen, and how long before the next event was due; nil when none was.
        case peerClosed(seen: Int64, beforeDue: Int64?)
        case fault(String)
    }

    struct Entry {
        let sequence: Int
        let connection: Int
        let time: Int64
        let head: RequestHead
        let body: [UInt8]
        let bodyCount: Int
        var eventsSent = 0
        var ending = Ending.open
    }

    /// What requests of one name came to.
    private struct Account {
        var requests = 0
        /// Those that are over, however they ended.
        var ended = 0
        /// Those whose answer went out whole and told its usage.
        var answered = 0
        var usage = Usage()
        var events = 0
    }

    private struct State {
        var entries: [Entry] = []
        var oldest = 0
        var defaults: Controls?
        var uses: [String: Int] = [:]
        var accounts: [String: Account] = [:]
    }

    static let keptLimit = 1000
    static let keptBodyBytes = 64 * 1024
    static let accountLimit = 100_000

    let isRecording: Bool
    let models: [String]
    private let state = Mutex(State())
    private let requests = Atomic<Int>(0)
    private let opened = Atomic<Int>(0)
    private let openNow = Atomic<Int>(0)
    private let events = Atomic<Int>(0)
    private let peerClosed = Atomic<Int>(0)
    private let hasDefaults = Atomic<Bool>(false)

    init(isRecording: Bool, models: [String]) {
        self.isRecording = isRecording
        self.models = models
    }

    // MARK: What happens

    func connectionOpened() -> Int {
        openNow.add(1, ordering: .relaxed)
        return opened.add(1, ordering: .relaxed).newValue
    }

    func connectionClosed() { openNow.subtract(1, ordering: .relaxed) }

    /// Takes a connection out of the counts because it asks for the record itself.
    func connectionIsOurs() {
        openNow.subtract(1, ordering: .relaxed)
        opened.subtract(1, ordering: .relaxed)
    }

    /// Notes a request and gives it its number.
    func arrived(_ head: RequestHead, _ body: UnsafeRawBufferPointer, bodyCount: Int, connection: Int, now: Int64)
        -> Int
    {
        let sequence = requests.add(1, ordering: .relaxed).newValue
        let account = head.controls.account
        if !account.isEmpty {
            state.withLock { state in
                guard state.accounts.count < Journal.accountLimit || state.accounts[account] != nil else { return }
                state.accounts[account, default: Account()].requests += 1
            }
        }
        guard isRecording else { return sequence }
        let kept = Array(part(body, 0..<min(body.count, Journal.keptBodyBytes)))
        let entry = Entry(
            sequence: sequence,
            connection: connection,
            time: now,
            head: head,
            body: kept,
            bodyCount: bodyCount
        )
        state.withLock { state in
            if state.entries.count < Journal.keptLimit {
                state.entries.append(entry)
            } else {
                state.entries[state.oldest] = entry
                state.oldest = (state.oldest + 1) % Journal.keptLimit
            }
        }
        return sequence
    }

    func ended(_ sequence: Int, eventsSent: Int, _ ending: Ending, of script: Script?) {
        events.add(eventsSent, ordering: .relaxed)
        if let script, !script.account.isEmpty { settle(script, eventsSent, ending) }
        if case .peerClosed = ending { peerClosed.add(1, ordering: .relaxed) }
        guard isRecording else { return }
        state.withLock { state in
            // Sequences rise around the ring, give or take a thread's race: search from the newest.
            var index = state.entries.count
            while index > 0 {
                index -= 1
                let slot = (state.oldest + index) % state.entries.count
                guard state.entries[slot].sequence == sequence else { continue }
                state.entries[slot].eventsSent = eventsSent
                state.entries[slot].ending = ending
                return
            }
        }
    }

    /// Adds an answer to its account.
    private func settle(_ script: Script, _ eventsSent: Int, _ ending: Ending) {
        state.withLock { state in
            guard var account = state.accounts[script.account] else { return }
            account.ended += 1
            account.events += eventsSent
            if case .completed = ending, let usage = script.usage {
                account.answered += 1
                account.usage.prompt += usage.prompt
                account.usage.completion += usage.completion
            }
            state.accounts[script.account] = account
        }
    }

    // MARK: Controls for requests that bring none

    /// The controls that hold for a request: its own, or the defaults, or none when they are not for us.
    func effective(_ own: Controls) -> Controls {
        var controls = own
        if !own.isAsked {
            guard hasDefaults.load(ordering: .relaxed) else { return own }
            controls = state.withLock { $0.defaults } ?? own
        }
        if let addressee = controls.addressee, !models.contains(addressee) { return Controls() }
        if let times = controls.times {
            let key = controls.key
            let used = state.withLock { state in
                if state.uses.count > 10_000 { state.uses.removeAll() }
                state.uses[key, default: 0] += 1
                return state.uses[key] ?? 0
            }
            if used > times { return Controls() }
        }
        return controls
    }

    func setDefaults(_ controls: Controls) {
        state.withLock { $0.defaults = controls }
        hasDefaults.store(true, ordering: .relaxed)
    }

    /// Forgets requests, counts and defaults; connections that are open stay counted as open.
    func reset() {
        state.withLock { $0 = State() }
        hasDefaults.store(false, ordering: .relaxed)
        requests.store(0, ordering: .relaxed)
        opened.store(0, ordering: .relaxed)
        events.store(0, ordering: .relaxed)
        peerClosed.store(0, ordering: .relaxed)
    }

    // MARK: What it shows

    func counters() -> ByteText {
        var out = ByteText()
        out.add("{\"requests\":")
        out.add(number: requests.load(ordering: .relaxed))
        out.add(",\"connections_opened\":")
        out.add(number: opened.load(ordering: .relaxed))
        out.add(",\"open_now\":")
        out.add(number: openNow.load(ordering: .relaxed))
        out.add(",\"events_sent\":")
        out.add(number: events.load(ordering: .relaxed))
        out.add(",\"peer_closed\":")
        out.add(number: peerClosed.load(ordering: .relaxed))
        out.add("}\n")
        return out
    }

    /// What the requests of each account came to.
    func usage() -> ByteText {
        let accounts = state.withLock { $0.accounts }.sorted { $0.key < $1.key }
        var out = ByteText()
        out.add("{")
        for (index, (name, account)) in accounts.enumerated() {
            out.add(index == 0 ? "\n" : ",\n")
            out.add(quoted: name)
            out.add(":{\"requests\":")
            out.add(number: account.requests)
            out.add(",\"ended\":")
            out.add(number: account.ended)
            out.add(",\"answered\":")
            out.add(number: account.answered)
            out.add(",\"prompt_tokens\":")
            out.add(number: account.usage.prompt)
            out.add(",\"completion_tokens\":")
            out.add(number: account.usage.completion)
            out.add(",\"events_sent\":")
            out.add(number: account.events)
            out.add("}")
        }
        out.add("}\n")
        return out
    }

    func record() -> ByteText {
        let entries = state.withLock { state in
            Array(state.entries[state.oldest...] + state.entries[..<state.oldest])
        }
        var out = ByteText()
        out.add("[")
        for (index, entry) in entries.enumerated() {
            out.add(index == 0 ? "\n" : ",\n")
            Journal.show(entry, &out)
        }
        out.add("]\n")
        return out
    }

    private static func show(_ entry: Entry, _ out: inout ByteText) {
        out.add("{\"seq\":")
        out.add(number: entry.sequence)
        out.add(",\"connection\":")
        out.add(number: entry.connection)
        out.add(",\"time_ns\":")
        out.add(number: Int(entry.time))
        out.add(",\"method\":")
        out.add(quoted: entry.head.methodText)
        out.add(",\"path\":")
        out.add(quoted: entry.head.targetText)
        out.add(",\"headers\":[")
        showHeaders(entry.head, &out)
        out.add("],\"body_bytes\":")
        out.add(number: entry.bodyCount)
        out.add(",\"body\":")
        out.add(quoted: entry.body.withUnsafeBytes { text($0) })
        out.add(",\"events_sent\":")
        out.add(number: entry.eventsSent)
        switch entry.ending {
        case .open: out.add(",\"ended\":\"open\"")
        case .completed: out.add(",\"ended\":\"completed\"")
        case .fault(let name):
            out.add(",\"ended\":\"fault\",\"fault\":")
            out.add(quoted: name)
        case .peerClosed(let seen, let beforeDue):
            out.add(",\"ended\":\"peer-closed\",\"closed_ns\":")
            out.add(number: Int(seen))
            out.add(",\"before_due_ns\":")
            if let beforeDue { out.add(number: Int(beforeDue)) } else { out.add("null") }
        }
        out.add("}")
    }

    private static func showHeaders(_ head: RequestHead, _ out: inout ByteText) {
        head.bytes.withUnsafeBytes { raw in
            var isFirst = true
            for line in text(raw).split(omittingEmptySubsequences: true, whereSeparator: \.isNewline).dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                out.add(isFirst ? "[" : ",[")
                isFirst = false
                out.add(quoted: String(line[..<colon]))
                out.add(",")
                let value = line[line.index(after: colon)...]
                out.add(quoted: String(value.drop { $0 == " " || $0 == "\t" }))
                out.add("]")
            }
        }
    }
}
