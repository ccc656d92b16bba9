import Loop

/// The store on its way between threads.
///
/// `@unchecked Sendable` holds because only the loop that made it opens it, by its inbox.
private final class StoreBox: @unchecked Sendable {
    weak var store: SharedStore?
    init(_ store: SharedStore) { self.store = store }
}

// The connection: name, dial, login, script; and again after a rest.
extension SharedStore {
    func connect() {
        state = .linking
        linkingSince = loop.now
        let box = StoreBox(self)
        let began = linkingSince
        HostLookup.find(settings.address.host, loop) { address in
            guard let store = box.store, store.state == .linking, store.linkingSince == began else { return }
            guard let address else { return store.unlink("its name has no address") }
            store.dial(address)
        }
    }

    private func dial(_ address: String) {
        let made = RedisLink(loop: loop)
        link = made
        let dialed = made.connect(
            address,
            settings.address.port,
            ready: { [weak self] in self?.greet() },
            lost: { [weak self] reason in self?.unlink(reason) }
        )
        if !dialed { unlink("no connection can be made") }
    }

    private func greet() {
        var steps: [[String]] = []
        let address = settings.address
        if !address.password.isEmpty {
            steps.append(["AUTH"] + (address.user.isEmpty ? [] : [address.user]) + [address.password])
        }
        if address.database != 0 { steps.append(["SELECT", "\(address.database)"]) }
        steps.append(["SCRIPT", "LOAD", SharedScript.text])
        greet(steps[...])
    }

    private func greet(_ steps: ArraySlice<[String]>) {
        guard let step = steps.first, let link, state == .linking else { return }
        let taken = link.ask(step) { [weak self, weak link] reply in
            guard let self, let reply, let link, link === self.link, self.state == .linking else { return }
            if case .error(let sentence) = reply {
                // The first word says what it is (`WRONGPASS`, `LOADING`, `NOAUTH`); what follows may name a user.
                return self.unlink("it answers \(sentence.prefix { $0 != " " }) to \(step[0])")
            }
            guard steps.count == 1 else {
                guard reply == .text("OK") else { return self.unlink("it does not take \(step[0])") }
                return self.greet(steps.dropFirst())
            }
            // A SHA-1, and not the answer to something else.
            guard case .text(let digest) = reply, digest.utf8.count == 40 else {
                return self.unlink("it does not take our script")
            }
            self.digest = digest
            self.linked()
        }
        if !taken { unlink("the connection ended") }
    }

    /// Sends words to the script; false when the connection takes none.
    ///
    /// Where somebody has emptied the server's cache of scripts nothing was done: it gets ours again and is asked once
    /// more, on the same connection and so in the same order; and with the whole script should it forget that as well.
    func tell(_ words: [String], _ answer: @escaping (RedisReply?) -> Void) -> Bool {
        send(["EVALSHA", digest] + words, for: .script) { [weak self] reply in
            guard let self, let reply, reply.isForgotten, self.tellAgain(words, answer) else { return answer(reply) }
        }
    }

    private func tellAgain(_ words: [String], _ answer: @escaping (RedisReply?) -> Void) -> Bool {
        if !isLoadingScript {
            isLoadingScript = send(["SCRIPT", "LOAD", SharedScript.text], for: .aside) { [weak self] _ in
                self?.isLoadingScript = false
            }
        }
        return send(["EVALSHA", digest] + words, for: .script) { [weak self] reply in
            guard let self, let reply, reply.isForgotten,
                self.send(["EVAL", SharedScript.text] + words, for: .script, answer)
            else { return answer(reply) }
        }
    }

    /// There is no connection any more; the next attempt comes after a rest.
    func unlink(_ reason: String) {
        guard state != .stopped else { return }
        let old = link
        link = nil
        state = .resting
        restsUntil = loop.now + restNanoseconds
        restNanoseconds = min(restNanoseconds * 2, SharedStore.longestRest)
        down(reason)
        old?.close()
        openQuestions = 0
        failEarly()
    }
}
