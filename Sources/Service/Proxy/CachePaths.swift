import Cache
import HTTP
import JSON
import Loop
import SharedPools
import Telemetry

// What the admin listener tells of answers that are kept, and how they are taken out (docs/cache.md).
extension AdminPaths {
    /// Serves the cache's own paths; false for any other.
    static func serveCache(_ session: Session) -> Bool {
        let method = session.reader.head.method
        switch session.path {
        case "/v1/cache/stats":
            guard method == .get || method == .head else {
                session.refuse(Refusal(405, "method_not_allowed", "this path takes GET only", allow: "GET, HEAD"))
                return true
            }
            session.answer(200, "application/json", Array(cacheStats(session.worker).utf8))
        case "/v1/cache/invalidate":
            guard method == .post else {
                session.refuse(Refusal(405, "method_not_allowed", "this path takes POST only", allow: "POST"))
                return true
            }
            invalidate(session)
        default: return false
        }
        return true
    }

    private static func cacheStats(_ worker: Worker) -> String {
        let report = worker.snapshot.cacheBook.report(now: worker.loop.now)
        let counts = report.counts
        let warm = worker.shared.warming.counts
        let isOn = worker.snapshot.caches.contains { $0 != nil }
        let answered = counts.hits + counts.shared + counts.alike
        let asked = answered + counts.misses
        let rate = asked == 0 ? 0 : (answered * 10_000 / asked)
        let digits = String(10_000 + rate % 10_000).dropFirst()
        return "{\"enabled\":\(isOn),\"entries\":\(report.entries),\"max_entries\":\(report.limits.entries),"
            + "\"bytes\":\(report.bytes),\"max_bytes\":\(report.limits.bytes),\"hits\":\(counts.hits),"
            + "\"semantic\":\(counts.alike),\"embedder_failures\":\(counts.embedderFailures),"
            + "\"shared\":\(counts.shared),\"misses\":\(counts.misses),\"bypasses\":\(counts.bypasses),"
            + "\"hit_rate\":\(rate / 10_000).\(digits),\"stores\":\(counts.stores),"
            + "\"evictions\":\(counts.evictions),\"expirations\":\(counts.expirations),"
            + "\"invalidations\":\(counts.invalidations),\"in_flight\":\(report.inFlight),"
            + "\"waiting\":\(report.waiting),\"saved_prompt_tokens\":\(counts.savedPromptTokens),"
            + "\"saved_completion_tokens\":\(counts.savedCompletionTokens),"
            + "\"warm\":{\"total\":\(warm.total),\"asked\":\(warm.asked),\"failed\":\(warm.failed),"
            + "\"running\":\(warm.isRunning)},\(storeStats(counts))}"
    }

    private static func invalidate(_ session: Session) {
        guard let choice = choice(session) else {
            let message = "send one of {\"all\": true}, {\"model\": NAME}, {\"key\": NAME} and {\"tenant\": NAME}"
            return session.refuse(Refusal(400, "invalid_request", message))
        }
        let book = session.worker.snapshot.cacheBook
        guard let store = session.worker.store, session.worker.snapshot.sharesAnswers else {
            let gone = book.invalidate(choice)
            return session.answer(200, "application/json", Array("{\"invalidated\":\(gone)}".utf8))
        }
        let token = String(decoding: session.worker.newRequestID(), as: UTF8.self)
        let entry = StoreNews.entry(choice, token: token)
        book.tell(entry)
        session.awaitAnswer()
        let asker = WeakSession(session)
        store.begin([choice.generation], token: token, entry: entry, length: StoreNews.length) { isDone in
            // Only now: who asks the store before that may still be given what is to go.
            let gone = book.invalidate(choice)
            let text = "{\"invalidated\":\(gone),\"shared\":\(isDone)}"
            asker.session?.answer(200, "application/json", Array(text.utf8))
        }
    }

    /// What came of asking the store that proxies share.
    private static func storeStats(_ counts: CacheCounts) -> String {
        "\"store\":{\"hits\":\(counts.storeHits),\"misses\":\(counts.storeMisses),\"errors\":\(counts.storeErrors),"
            + "\"writes\":\(counts.storeWrites),\"skips\":\(counts.storeSkips)}"
    }

    private static func storeMetrics(_ counts: CacheCounts) -> String {
        var page = PrometheusText()
        page.family("hoosh_cache_store_requests_total", "counter", "Answers asked of the shared store, by what came.")
        let asked = [("hit", counts.storeHits), ("miss", counts.storeMisses), ("error", counts.storeErrors)]
        for (outcome, count) in asked {
            page.sample("hoosh_cache_store_requests_total", [("outcome", outcome)], "\(count)")
        }
        page.family("hoosh_cache_store_writes_total", "counter", "Kept answers, by whether the shared store has them.")
        for (result, count) in [("written", counts.storeWrites), ("skipped", counts.storeSkips)] {
            page.sample("hoosh_cache_store_writes_total", [("result", result)], "\(count)")
        }
        return page.text
    }

    private static func choice(_ session: Session) -> CacheBook.Choice? {
        let reader = session.reader
        let bytes = session.requestBytes
        guard reader.bodyBytes > 0, reader.consumedBytes <= bytes.count else { return nil }
        let body = Array(UnsafeRawBufferPointer(rebasing: bytes[reader.headBytes..<reader.consumedBytes]))
        guard let node = try? JSONNode.parse(body), node.members.count == 1, let member = node.members.first else {
            return nil
        }
        let name = member.value.string?.text
        switch member.key {
        case "all": return member.value.bool == true ? .all : nil
        case "model": return name.map { .model($0) }
        case "key": return name.map { .key($0) }
        case "tenant": return name.map { .tenant($0) }
        default: return nil
        }
    }

    /// The cache's part of the metrics' page.
    static func cacheMetrics(_ report: CacheReport) -> String {
        let counts = report.counts
        var text = "# HELP hoosh_cache_requests_total Requests that a cache was asked about, by what came of it.\n"
        text += "# TYPE hoosh_cache_requests_total counter\n"
        let outcomes = [
            ("hit", counts.hits), ("semantic", counts.alike), ("shared", counts.shared), ("miss", counts.misses),
            ("bypass", counts.bypasses),
        ]
        for (outcome, count) in outcomes {
            text += "hoosh_cache_requests_total{outcome=\"\(outcome)\"} \(count)\n"
        }
        text += "# HELP hoosh_cache_removals_total Kept answers that are gone, by why.\n"
        text += "# TYPE hoosh_cache_removals_total counter\n"
        let removals = [
            ("evicted", counts.evictions), ("expired", counts.expirations), ("invalidated", counts.invalidations),
        ]
        for (reason, count) in removals {
            text += "hoosh_cache_removals_total{reason=\"\(reason)\"} \(count)\n"
        }
        text += "# HELP hoosh_cache_embedder_failures_total Questions that got no vector in time.\n"
        text += "# TYPE hoosh_cache_embedder_failures_total counter\n"
        text += "hoosh_cache_embedder_failures_total \(counts.embedderFailures)\n"
        text += "# HELP hoosh_cache_saved_tokens_total Tokens that hits would have cost.\n"
        text += "# TYPE hoosh_cache_saved_tokens_total counter\n"
        text += "hoosh_cache_saved_tokens_total{type=\"prompt\"} \(counts.savedPromptTokens)\n"
        text += "hoosh_cache_saved_tokens_total{type=\"completion\"} \(counts.savedCompletionTokens)\n"
        text += "# HELP hoosh_cache_entries Answers that are kept.\n# TYPE hoosh_cache_entries gauge\n"
        text += "hoosh_cache_entries \(report.entries)\n"
        text += "# HELP hoosh_cache_bytes What they take.\n# TYPE hoosh_cache_bytes gauge\n"
        text += "hoosh_cache_bytes \(report.bytes)\n"
        text += "# HELP hoosh_cache_waiting Requests that wait for an equal one.\n# TYPE hoosh_cache_waiting gauge\n"
        return text + "hoosh_cache_waiting \(report.waiting)\n" + storeMetrics(counts)
    }
}
