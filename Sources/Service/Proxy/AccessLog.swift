import Compiler
import Bytes
import Glibc
import JSON

extension Exchange {
    /// One JSON line on standard output with the facts of the exchange, never its content.
    func logAccess() {
        let configuration = snapshot.configuration
        let route = snapshot.program.routes[request.route].name
        let provider = ledger.provider < 0 ? "" : configuration.providers[ledger.provider].name
        let model = String(decoding: JSONText.escaped(Array(request.model.prefix(256))), as: UTF8.self)
        let tenant = String(decoding: JSONText.escaped(Array((caller.tenant ?? "").utf8)), as: UTF8.self)
        let total = (loop.now - ledger.startedNanoseconds) / 1_000
        let first =
            ledger.firstByteNanoseconds == 0
            ? "null" : "\((ledger.firstByteNanoseconds - ledger.startedNanoseconds) / 1_000)"
        let line =
            "{\"time\":\(WallClock.seconds()),\"request_id\":\"\(String(decoding: requestID, as: UTF8.self))\","
            + "\"key\":\"\(caller.key?.name ?? "")\",\"tenant\":\"\(tenant)\","
            + "\"route\":\"\(route)\",\"provider\":\"\(provider)\",\"model\":\"\(model)\","
            + "\"cache\":\"\(session.errand == nil ? cache.word : "embedding")\","
            + "\"status\":\(ledger.clientLeft ? 499 : ledger.status),\"tries\":\(ledger.tries),"
            + "\"first_byte_us\":\(first),\"total_us\":\(total),\"events\":\(ledger.events),"
            + "\"bytes_spliced\":\(ledger.bytesSpliced),\"bytes_copied\":\(ledger.bytesCopied),"
            + "\"prompt_tokens\":\(ledger.promptTokens),\"completion_tokens\":\(ledger.completionTokens),"
            + "\"cached_tokens\":\(ledger.cachedTokens),\"cache_write_tokens\":\(ledger.cacheWriteTokens),"
            + "\"reasoning_tokens\":\(ledger.reasoningTokens),"
            + "\"tokens_estimated\":\(ledger.promptIsEstimate || ledger.completionIsEstimate)}\n"
        Console.print(line)
    }
}
