/// Writes counters in Prometheus' text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
package struct PrometheusText {
    /// The page so far.
    package private(set) var text = ""

    package init() {}

    /// The media type to send with it.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Begins a family; every family is begun once, so HELP and TYPE stand once.
    package mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    /// One sample of the family last begun.
    package mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{"
            text += labels.map { "\($0.0)=\"\(PrometheusText.escaped($0.1))\"" }.joined(separator: ",")
            text += "}"
        }
        text += " \(value)\n"
    }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for character in value {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result
    }

    /// How often the route file was read again.
    package struct Reloads: Sendable {
        package var succeeded: Int
        package var failed: Int
        /// Unix time at which the running configuration was loaded.
        package var loadedSeconds: Int
        package init(succeeded: Int, failed: Int, loadedSeconds: Int) {
            self.succeeded = succeeded
            self.failed = failed
            self.loadedSeconds = loadedSeconds
        }
    }

    /// The whole page for the counters of all loops.
    ///
    /// * `providers`, `routes`: names by row of the counters; `isUp` is nil for a provider the file no longer has.
    /// * `keys`: names by row of the counters.
    /// * `classes`: words by index of `Counters.classes`.
    package static func page(
        _ counters: Counters,
        providers: [(name: String, isUp: Bool?)],
        routes: [String],
        keys: [String] = [],
        classes: [String],
        reloads: Reloads,
        version: String,
        configHash: String
    ) -> String {
        var page = PrometheusText()
        page.family("hoosh_build_info", "gauge", "Version and running configuration; always 1.")
        page.sample("hoosh_build_info", [("version", version), ("config", configHash)], "1")
        page.reloads(reloads)
        page.family("hoosh_requests_total", "counter", "Requests answered, by route and status.")
        for (index, counts) in counters.routes.enumerated() {
            let route = routes[index]
            for (status, count) in counts.present {
                page.sample("hoosh_requests_total", [("route", route), ("status", "\(status)")], "\(count)")
            }
        }
        page.family("hoosh_requests_refused_total", "counter", "Requests refused before routing, by status.")
        for (status, count) in counters.refused.present {
            page.sample("hoosh_requests_refused_total", [("status", "\(status)")], "\(count)")
        }
        page.identity(counters, keys)
        page.privacy(counters, classes)
        page.client(counters)
        page.upstream(counters.providers, providers)
        page.tools(counters.tools)
        return page.text
    }

    private mutating func reloads(_ reloads: Reloads) {
        family("hoosh_config_reloads_total", "counter", "Times the route file was read again, by result.")
        sample("hoosh_config_reloads_total", [("result", "success")], "\(reloads.succeeded)")
        sample("hoosh_config_reloads_total", [("result", "failure")], "\(reloads.failed)")
        let help = "Unix time at which the running configuration was loaded."
        single("hoosh_config_last_reload_success", "gauge", help, reloads.loadedSeconds)
    }

    private mutating func identity(_ counters: Counters, _ keys: [String]) {
        family("hoosh_key_requests_total", "counter", "Requests routed or refused, by the caller's key and status.")
        for (name, counts) in zip(keys, counters.keys) {
            for (status, count) in counts.present {
                sample("hoosh_key_requests_total", [("key", name), ("status", "\(status)")], "\(count)")
            }
        }
        family("hoosh_auth_denied_total", "counter", "Requests that nobody was let in with, by reason.")
        for (reason, count) in counters.denied.sorted(by: { $0.key < $1.key }) {
            sample("hoosh_auth_denied_total", [("reason", reason)], "\(count)")
        }
    }

    private mutating func privacy(_ counters: Counters, _ classes: [String]) {
        family("hoosh_requests_by_class_total", "counter", "Requests that a route took, by privacy class.")
        for (word, count) in zip(classes, counters.classes) {
            sample("hoosh_requests_by_class_total", [("class", word)], "\(count)")
        }
        let help = "Connections the last privacy check stopped although the plan allowed them; always 0."
        single("hoosh_privacy_stops_total", "counter", help, counters.privacyStops)
        let blocked = "Answers that content rules kept back (scan_responses)."
        single("hoosh_answers_blocked_total", "counter", blocked, counters.answersBlocked)
    }

    private mutating func client(_ counters: Counters) {
        single("hoosh_client_connections_total", "counter", "Client connections.", counters.connectionsAccepted)
        single("hoosh_client_connections_open", "gauge", "Client connections open now.", counters.connectionsOpen)
        single(
            "hoosh_client_connections_refused_total",
            "counter",
            "Client connections turned away at listen.max_connections.",
            counters.connectionsRefused
        )
        single(
            "hoosh_clients_left_total",
            "counter",
            "Clients that left before their answer was complete.",
            counters.clientsLeft
        )
    }

    private mutating func single(_ name: String, _ type: String, _ help: String, _ value: Int) {
        family(name, type, help)
        sample(name, [], "\(value)")
    }

    private mutating func upstream(_ counters: [ProviderCounters], _ providers: [(name: String, isUp: Bool?)]) {
        func each(_ name: String, _ type: String, _ help: String, _ value: (ProviderCounters) -> Int) {
            family(name, type, help)
            for (index, provider) in providers.enumerated() {
                sample(name, [("provider", provider.name)], "\(value(counters[index]))")
            }
        }
        family("hoosh_provider_up", "gauge", "1 while the provider counts as healthy.")
        for provider in providers {
            guard let isUp = provider.isUp else { continue }
            sample("hoosh_provider_up", [("provider", provider.name)], isUp ? "1" : "0")
        }
        each("hoosh_upstream_tries_total", "counter", "Tries begun.") { $0.tries }
        each("hoosh_upstream_requests_in_flight", "gauge", "Tries running now.") { $0.inFlight }
        family("hoosh_upstream_responses_total", "counter", "Answers of providers, by status.")
        for (index, provider) in providers.enumerated() {
            for (status, count) in counters[index].statuses.present {
                let labels = [("provider", provider.name), ("status", "\(status)")]
                sample("hoosh_upstream_responses_total", labels, "\(count)")
            }
        }
        family("hoosh_upstream_failures_total", "counter", "Tries without a usable answer, by reason.")
        for (index, provider) in providers.enumerated() {
            for reason in TryFailure.allCases where counters[index].failures[reason.rawValue] > 0 {
                let labels = [("provider", provider.name), ("reason", reason.word)]
                sample("hoosh_upstream_failures_total", labels, "\(counters[index].failures[reason.rawValue])")
            }
        }
        firstByte(counters, providers)
        family("hoosh_stream_bytes_total", "counter", "Body bytes carried to clients, by the way they took.")
        for (index, provider) in providers.enumerated() {
            for (path, value) in [("splice", counters[index].bytesSpliced), ("copy", counters[index].bytesCopied)] {
                sample("hoosh_stream_bytes_total", [("provider", provider.name), ("path", path)], "\(value)")
            }
        }
        each("hoosh_stream_events_total", "counter", "Events of event streams carried.") { $0.events }
        each("hoosh_upstream_connections_opened_total", "counter", "Connections opened.") { $0.connectionsOpened }
        each("hoosh_upstream_connections_reused_total", "counter", "Times a kept connection served again.") {
            $0.connectionsReused
        }
        each("hoosh_upstream_connections_idle", "gauge", "Connections kept and waiting.") { $0.connectionsIdle }
        tokens(counters, providers)
    }

    private mutating func tokens(_ counters: [ProviderCounters], _ providers: [(name: String, isUp: Bool?)]) {
        family("hoosh_tokens_total", "counter", "Tokens as the providers count them, or estimated where they do not.")
        for (index, provider) in providers.enumerated() {
            for (kind, counts) in [("prompt", counters[index].prompt), ("completion", counters[index].completion)] {
                for (source, value) in [("provider", counts.counted), ("estimate", counts.estimated)] {
                    let labels = [("provider", provider.name), ("type", kind), ("source", source)]
                    sample("hoosh_tokens_total", labels, "\(value)")
                }
            }
        }
        let help = "Of the tokens that the providers counted: read from a cache, written to one, thinking."
        family("hoosh_token_details_total", "counter", help)
        for (index, provider) in providers.enumerated() {
            let kinds = [
                ("cached", counters[index].cachedTokens), ("cache_write", counters[index].cacheWriteTokens),
                ("reasoning", counters[index].reasoningTokens),
            ]
            for (kind, value) in kinds {
                sample("hoosh_token_details_total", [("provider", provider.name), ("type", kind)], "\(value)")
            }
        }
    }

    private mutating func tools(_ counters: [String: ToolCounters]) {
        guard !counters.isEmpty else { return }
        let servers = counters.sorted { $0.key < $1.key }
        family("hoosh_tool_server_up", "gauge", "1 while the tools of the MCP server can be called.")
        for (name, counted) in servers { sample("hoosh_tool_server_up", [("server", name)], counted.isUp ? "1" : "0") }
        family("hoosh_tool_server_starts_total", "counter", "Times the MCP server was started or connected to.")
        for (name, counted) in servers {
            sample("hoosh_tool_server_starts_total", [("server", name)], "\(counted.starts)")
        }
        family("hoosh_tool_calls_total", "counter", "Calls of tools, by MCP server and outcome.")
        for (name, counted) in servers {
            for (outcome, count) in counted.outcomes.sorted(by: { $0.key < $1.key }) {
                sample("hoosh_tool_calls_total", [("server", name), ("outcome", outcome)], "\(count)")
            }
        }
        let help = "From the call of a tool to its answer."
        histogram("hoosh_tool_call_seconds", help, servers.map { ([("server", $0.key)], $0.value.latency) })
    }

    private mutating func histogram(_ name: String, _ help: String, _ rows: [([(String, String)], Histogram)]) {
        family(name, "histogram", help)
        for (labels, row) in rows {
            let counts = row.cumulative
            for (bound, count) in zip(Histogram.boundsMicroseconds, counts) {
                sample(name + "_bucket", labels + [("le", "\(Double(bound) / 1_000_000)")], "\(count)")
            }
            let total = counts.last ?? 0
            sample(name + "_bucket", labels + [("le", "+Inf")], "\(total)")
            sample(name + "_sum", labels, "\(Double(row.sumMicroseconds) / 1_000_000)")
            sample(name + "_count", labels, "\(total)")
        }
    }

    private mutating func firstByte(_ counters: [ProviderCounters], _ providers: [(name: String, isUp: Bool?)]) {
        let help = "From the request sent upstream to the first body byte."
        let rows = providers.enumerated().map { ([("provider", $1.name)], counters[$0].firstByte) }
        histogram("hoosh_time_to_first_byte_seconds", help, rows)
    }
}
