import Report
import RouteLanguage
import RouteModel
import Routing
import Testing

@Suite struct DocumentTests {
    private func document(_ name: String) throws -> RouteDocument {
        let bytes = try #require(Cases.bytes("\(Cases.folder)/good/\(name).yaml"))
        return try #require(Cases.load(bytes, name).document)
    }

    @Test func `matches are read with every key`() throws {
        let routes = try document("matches").routes
        let office = try #require(routes[0].match)
        #expect(
            office.times?.map(\.value) == [
                TimeWindow(days: 0b001_1111, startMinute: 540, endMinute: 1_080, zone: "Europe/Berlin"),
                TimeWindow(days: 0b110_0000, startMinute: 1_320, endMinute: 120, zone: "UTC"),
                TimeWindow(days: 0x7F, startMinute: 600, endMinute: 1_440, zone: "UTC"),
            ]
        )
        #expect(office.levels?.value == .internal ... .confidential)
        #expect(office.tokens?.value == TokenRange(lower: 8_000, upper: 32_000))
        #expect(office.sample?.value == 1_250 && office.sampleBy?.value == .header("x-user"))
        let others = try #require(routes[1].match)
        #expect(others.not.first?.models?.map(\.value) == ["gpt-*"])
        #expect(others.not.first?.tags?.none.map(\.value) == ["legal"])
        #expect(others.any?.count == 3 && others.any?[0].features?.map(\.value) == [.tools, .vision])
        #expect(others.any?[1].tokens?.value == TokenRange(lower: 32_000, upper: nil))
        #expect(others.any?[2].levels?.value == .public ... .internal)
        let callers = try #require(routes[2].match)
        #expect(callers.tenants?.map(\.value) == ["acme-*"] && callers.keys?.map(\.value) == ["app", "web"])
        #expect(callers.tags?.all.map(\.value) == ["legal", "eu-resident"])
    }

    @Test func `a store is read as a word and as a mapping`() throws {
        #expect(try document("matches").state.store.value == .memory)
        #expect(try document("serve-state").state.store.value == .sqlite(path: "/var/lib/hoosh/state.db"))
        let text = "version: 1\nproviders: {a: {kind: ollama}}\nstate: sqlite:x.db\nroutes: [{name: all, to: [a]}]\n"
        let state = Cases.load(Array(text.utf8), "serve-word").document?.state
        #expect(state?.store.value == .sqlite(path: "x.db") && state?.store.spot?.line == 3)
        #expect(state?.onStoreError.value == .deny)
    }

    @Test func `privacy is read with its rules and the providers' clearances`() throws {
        let document = try document("matches")
        #expect(document.privacy.standard.value == .internal && document.privacy.header.value == "x-class")
        #expect(document.privacy.rules.map(\.tag.value) == ["eu-resident", "legal"])
        #expect(document.privacy.rules[0].headers.first?.matchers.map(\.value) == ["eu", "re:EU-\\w+"])
        #expect(document.privacy.rules[1].level?.value == .restricted)
        #expect(document.privacy.rules[1].tenants.map(\.value) == ["legal*"])
        let ollama = document.providers[0]
        #expect(ollama.clearance.value == .restricted && ollama.clearance.spot?.line == 3)
        #expect(ollama.attest?.value == "own machine" && ollama.denyTags.map(\.value) == ["eu-resident"])
        #expect(ollama.region?.value == "home" && ollama.places["attest"] != nil)
        #expect(document.providers[1].clearance.value == .public)
        let plain = try self.document("serve-privacy").providers
        #expect(plain.map(\.clearance.value) == [.confidential, .internal] && plain[0].clearance.spot == nil)
    }

    @Test func `the whole of the design's example is carried`() throws {
        let document = try document("design")
        #expect(document.providers.count == 11 && document.routes.count == 11)
        let vllm = document.providers[2]
        #expect(vllm.name.value == "vllm-b" && vllm.clearance.value == .restricted && vllm.concurrent?.value == 64)
        #expect(document.providers[4].requests?.value == Rate(amount: 3_000, unit: .min))
        #expect(document.providers.first { $0.name.value == "deepseek" }?.prices.first?.output == 1_100_000_000)
        #expect(document.pools.map(\.name.value) == ["org", "agents", "batch"])
        #expect(document.pools[0].usd?.value == Rate(amount: 5_000_000_000_000, unit: .month))
        #expect(document.pools[1].parent?.value == "org" && document.pools[1].reservedOutput.value == 1_000)
        #expect(document.rateLimits[0].by?.value == .key && document.rateLimits[0].concurrent?.value == 32)
        #expect(document.privacy.rules.count == 6 && document.privacy.rules[3].flags == "i")
        #expect(document.cache.mode.value == .exact && document.cache.scope.value == .tenant)
        #expect(document.queue.maxDepth.value == 256 && document.known?.count == 2)
        #expect(document.auth.keys.map(\.name.value) == ["app", "batch", "legal"] && document.auth.isBearer.value)
        #expect(document.audit?.body.value == .hash && document.telemetry.otlpSample.value == 1_000)
        #expect(document.hardware.models.first?.bytes == 42 << 30 && document.hardware.reservedBytes.value == 2 << 30)
        #expect(document.severities.first?.code.value == "HP902" && document.severities.first?.severity == "none")
    }

    @Test func `settings say where they come from`() throws {
        let routes = try document("design").routes
        let sensitive = routes[1].settings
        #expect(sensitive.cache.mode.value == .none && !sensitive.cache.mode.isInherited)
        #expect(sensitive.cache.ttlMilliseconds.value == 300_000 && sensitive.cache.ttlMilliseconds.isInherited)
        #expect(sensitive.queue.value == .high)
        #expect(sensitive.limits.map(\.value) == ["per-key", "per-tenant"] && sensitive.inherited.contains("limits"))
        guard case .named("agents") = sensitive.pool.value else {
            Issue.record("not the pool of `defaults`")
            return
        }
        #expect(sensitive.pool.isInherited && sensitive.strategy.value == .leastBusy && !sensitive.strategy.isInherited)
        let batch = routes[3].settings
        #expect(batch.retry.attempts == 3 && !batch.inherited.contains("retry.attempts"))
        #expect(batch.retry.budgetPercent == 20 && batch.inherited.contains("retry.budget"))
        #expect(routes[5].settings.hedge.value?.afterMilliseconds == 8_000)
    }

    @Test func `nodes know their bytes, wide letters and comments about them notwithstanding`() throws {
        let text =
            "version: 1 # é\nproviders:\n  ö: &x {kind: \"日本\"} # one\n  b:\n    kind: 'x'\n\nroutes:\n- to: [a]\n"
        let loaded = Cases.load(Array(text.utf8), "bytes")
        let root = try #require(loaded.root)
        func slice(_ range: Range<Int>) -> String { String(decoding: Array(text.utf8)[range], as: UTF8.self) }
        let providers = try #require(root.entry("providers"))
        #expect(slice(providers.key.extent) == "providers")
        #expect(slice(providers.value.extent) == "ö: &x {kind: \"日本\"} # one\n  b:\n    kind: 'x'")
        let first = providers.value.entries[0]
        #expect(slice(first.key.extent) == "ö" && slice(first.value.extent) == "&x {kind: \"日本\"}")
        #expect(first.value["kind"].map { slice($0.extent) } == "\"日本\"" && first.value["kind"]?.style == .double)
        #expect(first.value.isFlow && !providers.value.isFlow)
        #expect(slice(providers.value.entries[1].extent) == "b:\n    kind: 'x'")
        #expect(root["routes"]?.items?.first.map { slice($0.extent) } == "to: [a]")
    }
}
