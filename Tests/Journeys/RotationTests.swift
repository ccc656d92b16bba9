import Foundation
import TestKit
import Testing

/// Secrets and certificates that change while the proxy runs, without a word in the route file.
@Suite struct RotationTests {
    /// A mounted Secret: its files are links through `..data`, which the kubelet swaps for that of another folder.
    private final class MountedSecret: Sendable {
        let folder: TemporaryFolder

        init(_ files: [String: String]) throws {
            folder = try TemporaryFolder()
            try swap(files, "..2026_01")
            for name in files.keys {
                try FileManager.default.createSymbolicLink(
                    atPath: folder.file(name),
                    withDestinationPath: "..data/\(name)"
                )
            }
        }

        /// A new folder, a new link, one rename; the old folder goes.
        func swap(_ files: [String: String], _ version: String) throws {
            let manager = FileManager.default
            let old = try? manager.destinationOfSymbolicLink(atPath: folder.file("..data"))
            try manager.createDirectory(atPath: folder.file(version), withIntermediateDirectories: true)
            for (name, text) in files { try folder.write("\(version)/\(name)", text) }
            try manager.createSymbolicLink(atPath: folder.file("..tmp"), withDestinationPath: version)
            guard rename(folder.file("..tmp"), folder.file("..data")) == 0 else { throw TestKitFailure("no swap") }
            if let old { try manager.removeItem(atPath: folder.file(old)) }
        }
    }

    private func key(_ journey: Journey) throws -> String? {
        #expect(try journey.chat().status == 200)
        return try journey.mock.requests().last?.values("authorization").first
    }

    private func contents(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func `a key that Kubernetes rotates is sent with the next request`() throws {
        let secret = try MountedSecret(["key": "sk-test-first-key-000\n"])
        let journey = try Journey(providers: ["key: \"file:\(secret.folder.file("key"))\""])
        #expect(try key(journey) == "Bearer sk-test-first-key-000")
        let before = try journey.chat()["x-hoosh-config"]
        for number in 2...3 {
            try secret.swap(["key": "sk-test-key-number-\(number)\n"], "..2026_0\(number)")
            let isTaken = try eventually(seconds: 60) { try key(journey) == "Bearer sk-test-key-number-\(number)" }
            #expect(isTaken, "\(journey.proxy.errors)")
        }
        // The file of routes has not changed, and what names it tells nothing of the key.
        #expect(try journey.chat()["x-hoosh-config"] == before)
        #expect(try journey.comes("hoosh_config_reloads_total", ["result": "success"], to: 2))
        #expect(!journey.proxy.errors.contains("sk-test"))
    }

    @Test func `a key file that is written anew is read, and an empty one leaves the old key`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("key", "sk-test-first-key-000")
        let journey = try Journey(providers: ["headers: {x-team-key: \"file:\(file)\"}"])
        func sent() throws -> String? {
            #expect(try journey.chat().status == 200)
            return try journey.mock.requests().last?.values("x-team-key").first
        }
        #expect(try sent() == "sk-test-first-key-000")
        try folder.write("key", "")
        #expect(try journey.comes("hoosh_config_reloads_total", ["result": "failure"], to: 1))
        #expect(try journey.proxy.line(containing: "HP701").contains("empty"))
        #expect(try sent() == "sk-test-first-key-000")
        try folder.write("key", "sk-test-third-key-000")
        #expect(try eventually(seconds: 60) { try sent() == "sk-test-third-key-000" }, "\(journey.proxy.errors)")
    }

    @Test func `a file that is touched and says the same is not loaded again`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("key", "sk-test-first-key-000")
        let journey = try Journey(providers: ["key: \"file:\(file)\""])
        try folder.write("key", "sk-test-first-key-000")
        // A later change is taken: by then the first has been looked at.
        usleep(600_000)
        try folder.write("key", "sk-test-other-key-000")
        #expect(try eventually(seconds: 60) { try key(journey) == "Bearer sk-test-other-key-000" })
        #expect(try journey.comes("hoosh_config_reloads_total", ["result": "success"], to: 1))
    }

    @Test func `another authority is trusted from the next connection on, and the old one no more`() throws {
        let certificates = try Certificates.shared()
        let secret = try MountedSecret(["ca.pem": try contents(certificates.otherAuthority)])
        let mock = try MockUpstream(models: ["first"], certificates: certificates)
        let journey = try Journey(
            mocks: [mock],
            providers: ["tls: {ca: \(secret.folder.file("ca.pem"))}"],
            top: Journey.noRetries,
            threads: 1
        )
        #expect(try journey.chat().status == 502)
        try secret.swap(["ca.pem": try contents(certificates.authority)], "..2026_02")
        #expect(try eventually(seconds: 60) { try journey.chat().status == 200 }, "\(journey.proxy.errors)")
        // A connection is kept now, and libcurl has the authority in its memory: both must go.
        #expect(try journey.chat().status == 200)
        usleep(1_200_000)
        #expect(try journey.chat().status == 200)
        try secret.swap(["ca.pem": try contents(certificates.otherAuthority)], "..2026_03")
        #expect(try eventually(seconds: 60) { try journey.chat().status == 502 }, "\(journey.proxy.errors)")
        #expect(try journey.chat().errorMessage.lowercased().contains("certificate"))
    }

    @Test func `a client certificate that is swapped is shown from the next connection on`() throws {
        let certificates = try Certificates.shared()
        // The server's own pair is no client's: `extendedKeyUsage` says so.
        let secret = try MountedSecret([
            "tls.crt": try contents(certificates.server), "tls.key": try contents(certificates.serverKey),
        ])
        let mock = try MockUpstream(models: ["first"], certificates: certificates, demandsClientCertificate: true)
        let pair = "cert: \"file:\(secret.folder.file("tls.crt"))\", key: \"file:\(secret.folder.file("tls.key"))\""
        let journey = try Journey(
            mocks: [mock],
            providers: ["tls: {ca: \(certificates.authority), \(pair)}"],
            top: Journey.noRetries
        )
        #expect(try journey.chat().status == 502)
        let files = [
            "tls.crt": try contents(certificates.client), "tls.key": try contents(certificates.clientKey),
        ]
        try secret.swap(files, "..2026_02")
        #expect(try eventually(seconds: 60) { try journey.chat().status == 200 }, "\(journey.proxy.errors)")
    }
}
