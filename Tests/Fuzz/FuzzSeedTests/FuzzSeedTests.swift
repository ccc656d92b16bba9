import Foundation
import RouteClaims
import Testing
import WireCases

/// The fuzzer's seeds and what it once found, replayed.
@Suite struct FuzzSeedTests {
    private static let seeds = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "seeds")

    @Test(arguments: WireCheck.allCases) func `no seed breaks a claim`(check: WireCheck) throws {
        let folder = Self.seeds.appending(path: check.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            #expect(check.violation(bytes) == nil, "\(file.lastPathComponent)")
        }
    }

    @Test func `no seed of a route file breaks a claim`() throws {
        let folder = Self.seeds.appending(path: "routes")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            #expect(RouteCheck.violation(Array(try Data(contentsOf: file))) == nil, "\(file.lastPathComponent)")
        }
    }

    /// Seeds of one target are strange input to another.
    @Test(arguments: WireCheck.allCases) func `nor does any seed of another target`(check: WireCheck) throws {
        for other in WireCheck.allCases {
            let folder = Self.seeds.appending(path: other.rawValue)
            for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
                let bytes = Array(try Data(contentsOf: file))
                #expect(check.violation(bytes) == nil, "\(other.rawValue)/\(file.lastPathComponent)")
            }
        }
    }
}
