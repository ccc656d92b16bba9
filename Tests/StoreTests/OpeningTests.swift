import Budgets
import CSQLite
import Foundation
import Store
import Testing

/// Runs statements on a file as another program would.
private func run(_ statements: String, on path: String) {
    var handle: OpaquePointer?
    #expect(sqlite3_open(path, &handle) == SQLITE_OK)
    #expect(sqlite3_exec(handle, statements, nil, nil, nil) == SQLITE_OK)
    sqlite3_close(handle)
}

private func message(opening path: String) -> String {
    let trouble = #expect(throws: StateTrouble.self) { try StateJournal(opening: path).close() }
    return trouble?.message ?? ""
}

@Suite struct OpeningTests {
    @Test func `a newer schema is refused by its number, and nothing in the file is changed`() throws {
        let folder = try JournalFolder()
        try StateJournal(opening: folder.file()).close()
        run("PRAGMA user_version=7", on: folder.file())
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.file()))
        #expect(
            message(opening: folder.file())
                == "\(folder.file()) was written by a newer hoosh-proxy: its schema is 7, this build knows up to 1"
        )
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file())) == before)
    }

    @Test func `another program's database is refused`() throws {
        let folder = try JournalFolder()
        run("CREATE TABLE notes (text TEXT)", on: folder.file())
        #expect(message(opening: folder.file()) == "\(folder.file()) is a database of another program")
    }

    @Test func `what is no database is refused`() throws {
        let folder = try JournalFolder()
        try Data(repeating: 0x61, count: 5_000).write(to: URL(fileURLWithPath: folder.file()))
        #expect(message(opening: folder.file()) == "\(folder.file()) is no SQLite database")
        #expect(message(opening: folder.path) == "cannot open \(folder.path): Is a directory")
        let nowhere = folder.file("none/state.db")
        #expect(message(opening: nowhere) == "cannot make \(nowhere): No such file or directory")
    }

    @Test func `a damaged file is refused, and an empty one is begun`() throws {
        let folder = try JournalFolder()
        let journal = try StateJournal(opening: folder.file())
        var batch = StateBatch()
        batch.add(
            (0..<2_000).map { number in
                SpentRecord(
                    pool: "pool",
                    per: "key",
                    subject: "subject-\(number)",
                    quantity: .tokens,
                    used: number + 1,
                    startMilliseconds: 0,
                    endMilliseconds: 10_000
                )
            }
        )
        try journal.write(batch)
        journal.close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file()))
        #expect(bytes.count > 40_000)
        // The pages behind the first hold the lines.
        for place in 8_192..<20_000 { bytes[place] = 0xaa }
        try bytes.write(to: URL(fileURLWithPath: folder.file()))
        #expect(message(opening: folder.file()).hasPrefix("\(folder.file()) is damaged: "))
        try Data().write(to: URL(fileURLWithPath: folder.file("empty.db")))
        try StateJournal(opening: folder.file("empty.db")).close()
    }

    @Test(.enabled(if: geteuid() != 0, "root may write any file"))
    func `a file that cannot be written is refused`() throws {
        let folder = try JournalFolder()
        try StateJournal(opening: folder.file()).close()
        chmod(folder.file(), 0o400)
        #expect(message(opening: folder.file()) == "cannot open \(folder.file()): Permission denied")
    }

    @Test func `lines that nobody can have written do no harm`() throws {
        let folder = try JournalFolder()
        try StateJournal(opening: folder.file()).close()
        run(
            """
            INSERT INTO spent VALUES ('a', '', 'tokens', '', -5, 0, 9000, 'x y 1');
            INSERT INTO spent VALUES ('a', '', 'requests', '', 9223372036854775807, -9223372036854775808, 9000, '');
            INSERT INTO spent VALUES ('a', '', 'shoes', '', 1, 0, 9000, '');
            INSERT INTO cost VALUES (-1, 'p', 'm', '', '', 9223372036854775807, -1, 9223372036854775807, 0, 0, 0, 0, -9);
            INSERT INTO cost VALUES (1, 'p', 'm', '', '', 9223372036854775807, 1, 1, 9223372036854775807, 0, 0, 0, 0);
            """,
            on: folder.file()
        )
        let kept = try StateJournal(opening: folder.file()).read(nowMilliseconds: 1_000)
        #expect(kept.spent.count == 2 && kept.costs.count == 2)
        let book = PoolBook()
        _ = book.apply([PoolSettings("a")])
        book.restore(kept.spent, now: 1_000)
    }
}
