import Foundation
import Glibc
import Synchronization
import TestKit
import Testing

/// What was spent outlives the process: docs/state.md.
@Suite struct StateTests {
    @Test func `budgets and costs are after a restart what they were before`() throws {
        let station = try StateStation()
        let first = try station.start()
        for _ in 0..<3 { _ = try first.chat() }
        #expect(try eventually { try first.costs().contains("\"total_requests\":3,") })
        #expect(try fetch(first.admin, "POST", "/v1/costs/reset").status == 200)
        let sum = Mutex(0)
        try concurrently(4) { worker in
            for turn in 0..<15 {
                let tokens = try first.chat(worker % 2 == 0 ? "app" : "web", stream: turn % 2 == 0)
                sum.withLock { $0 += tokens }
            }
        }
        // What a stream comes to is charged behind its last byte.
        #expect(try eventually { try first.costs().contains("\"total_requests\":60,") })
        let before = (app: try first.used(), web: try first.used("web"), costs: try first.costs())
        #expect(before.app["org"] ?? 0 > sum.withLock { $0 } && before.app["each"] ?? 0 > before.web["each"] ?? 0)
        #expect(before.app["sliding"] == before.app["each"] && before.costs.contains("\"key\":\"web\""))
        #expect(try first.program.stop() == 0)
        let attributes = try FileManager.default.attributesOfItem(atPath: station.state)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let second = try station.start()
        #expect(try second.used() == before.app && second.used("web") == before.web)
        #expect(try second.costs() == before.costs)
        // And they are gone on with.
        let more = try second.chat()
        #expect(try eventually { try second.used()["org"] == (before.app["org"] ?? 0) + more })
        #expect(try second.program.stop() == 0)
    }

    @Test func `killed, it has lost no more than what came after the last batch`() throws {
        let station = try StateStation()
        var known = 0
        for _ in 0..<4 {
            let proxy = try station.start()
            #expect(try proxy.used()["each"] == known)
            for _ in 0..<10 { known += try proxy.chat() }
            try proxy.written()
            var atRisk = 0
            for _ in 0..<Int.random(in: 0..<12) { atRisk += try proxy.chat() }
            proxy.program.signal(SIGKILL)
            try proxy.program.wait()
            let next = try station.start()
            let found = try #require(try next.used()["each"])
            #expect(found >= known && found <= known + atRisk, "\(known) \(found) \(atRisk)")
            known = found
            #expect(try next.program.stop() == 0)
        }
    }

    @Test func `killed in the middle of many requests, it has lost none that a batch had taken`() throws {
        let station = try StateStation()
        let proxy = try station.start()
        let answered = Mutex((sum: 0, count: 0))
        let isOver = Mutex(false)
        let largest = Mutex(0)
        let taken = Mutex(0)
        try concurrently(9) { worker in
            if worker == 0 {
                _ = eventually { answered.withLock { $0.count > 100 } }
                let before = (batches: try proxy.metric("hoosh_store_batches_total"), sum: answered.withLock { $0.sum })
                // A charge may come a moment behind its answer: the second batch from here on began after both.
                let isWritten = try eventually { try proxy.metric("hoosh_store_batches_total") >= before.batches + 3 }
                #expect(isWritten)
                taken.withLock { $0 = before.sum }
                proxy.program.signal(SIGKILL)
                isOver.withLock { $0 = true }
                return
            }
            while !isOver.withLock({ $0 }) {
                guard let tokens = try? proxy.answer(stream: worker % 2 == 0) else { continue }
                largest.withLock { $0 = max($0, tokens) }
                answered.withLock { $0 = ($0.sum + tokens, $0.count + 1) }
            }
        }
        try proxy.program.wait()
        let next = try station.start()
        let found = try #require(try next.used()["each"])
        let (low, high) = (taken.withLock { $0 }, answered.withLock { $0.sum } + 8 * largest.withLock { $0 })
        #expect(low > 0 && found >= low && found <= high, "\(low) \(found) \(high)")
        // Parents pay the same.
        #expect(try next.used()["org"] == found && next.used()["sliding"] == found)
    }

    @Test func `one process writes a file`() throws {
        let station = try StateStation()
        let first = try station.start()
        let second = try station.refused()
        #expect(second.status == 1)
        #expect(second.errors.contains("state: another process has \(station.state) open"), "\(second.errors)")
        #expect(!second.errors.contains("listening on"))
        // Not even a kill leaves it locked.
        first.program.signal(SIGKILL)
        try first.program.wait()
        #expect(try station.start().program.stop() == 0)
    }

    @Test func `a file that cannot be gone on with stops the start`() throws {
        let station = try StateStation()
        try station.folder.write("state.db", String(repeating: "no database ", count: 600))
        func refusal() throws -> String {
            let result = try station.refused()
            #expect(result.status == 1, "\(result.errors)")
            return result.errors
        }
        #expect(try refusal().contains("state: \(station.state) is no SQLite database"))
        try FileManager.default.removeItem(atPath: station.state)
        #expect(try station.start().program.stop() == 0)
        // The version of its schema, in the header (sqlite.org/fileformat.html, 1.3).
        let whole = try Data(contentsOf: URL(fileURLWithPath: station.state))
        var newer = whole
        newer[63] = 9
        try newer.write(to: URL(fileURLWithPath: station.state))
        #expect(try refusal().contains("written by a newer hoosh-proxy: its schema is 9"))
        var broken = whole
        for place in 4_096..<broken.count { broken[place] = 0xbb }
        try broken.write(to: URL(fileURLWithPath: station.state))
        #expect(try refusal().contains("state: \(station.state) is damaged"))
        try station.write(state: "sqlite:\(station.folder.path)")
        #expect(try refusal().contains("Is a directory"))
        try station.write(state: "sqlite:\(station.folder.path)/none/state.db")
        #expect(try refusal().contains("No such file or directory"))
        try station.write(state: "sqlite:")
        #expect(try refusal().contains("behind `sqlite:` stands the path of a file"))
        try station.write(state: "postgres://localhost")
        #expect(try refusal().contains("`postgres://localhost` is no store"))
    }

    @Test func `while it cannot be written requests go on, everybody is told, and nothing is lost`() throws {
        let station = try StateStation()
        let proxy = try station.start()
        var sum = try proxy.chat()
        try proxy.written()
        let pid = "\(proxy.program.pid)"
        // A limit on the size of files stands for a full disk.
        #expect(try run("prlimit", ["--pid", pid, "--fsize=4096:unlimited"], tool: true).status == 0)
        let isTold = try eventually {
            sum += try proxy.chat()
            return try proxy.metric("hoosh_store_errors_total") >= 3
        }
        #expect(isTold)
        #expect(try proxy.metric("hoosh_store_up") == 0 && proxy.metric("hoosh_store_pending") > 0)
        let store = try proxy.store()
        #expect(store["ok"] as? Bool == false && (store["trouble"] as? String)?.contains(station.state) == true)
        #expect(proxy.program.errors.split(separator: "\n").count { $0.contains("CANNOT BE WRITTEN") } == 1)
        #expect(try run("prlimit", ["--pid", pid, "--fsize=unlimited:unlimited"], tool: true).status == 0)
        try proxy.program.line(containing: "is written again")
        #expect(try eventually { try proxy.metric("hoosh_store_up") == 1 })
        #expect(try proxy.used()["each"] == sum)
        proxy.program.signal(SIGKILL)
        try proxy.program.wait()
        let next = try station.start()
        #expect(try next.used()["each"] == sum)
    }

    @Test func `a file that was taken away is made anew with all that is known`() throws {
        let station = try StateStation()
        let proxy = try station.start()
        var sum = try proxy.chat()
        try proxy.written()
        for name in ["state.db", "state.db-wal"] {
            try FileManager.default.removeItem(atPath: station.folder.file(name))
        }
        try proxy.program.line(containing: "\(station.state) is gone")
        try proxy.program.line(containing: "is written again")
        sum += try proxy.chat()
        #expect(try proxy.program.stop() == 0)
        #expect(try station.start().used()["each"] == sum)
    }

    @Test func `another store needs a restart, and without one nothing is kept`() throws {
        let station = try StateStation()
        let proxy = try station.start()
        try station.write(state: "memory")
        let answer = try fetch(proxy.admin, "POST", "/v1/admin/reload")
        #expect(answer.status == 422 && answer.text.contains("`state` changed, which needs a restart"))
        #expect(try proxy.store()["kind"] as? String == "sqlite")
        #expect(try proxy.program.stop() == 0)
        let next = try station.start()
        #expect(try next.store()["kind"] as? String == "memory" && next.metric("hoosh_store_up") == -1)
        _ = try next.chat()
        #expect(try next.program.stop() == 0)
        #expect(try station.start().used()["each"] == 0)
    }
}
