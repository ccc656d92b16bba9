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
            guard steps.count == 1 else { return self.greet(steps.dropFirst()) }
            guard case .text(let digest) = reply else { return self.unlink("it does not take our script") }
            self.digest = digest
            self.linked()
        }
        if !taken { unlink("the connection ended") }
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
