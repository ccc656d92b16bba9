import Foundation

/// A certificate authority of our own with what it signed, made by the `openssl` command.
package final class Certificates: Sendable {
    private let folder: TemporaryFolder
    /// The pin of the server's key: SHA-256 of its SubjectPublicKeyInfo, in base64.
    package let pin: String

    /// The authority's certificate.
    package var authority: String { folder.file("ca.pem") }
    /// The server's certificate, for 127.0.0.1, ::1 and localhost.
    package var server: String { folder.file("server.pem") }
    /// The server's key.
    package var serverKey: String { folder.file("server.key") }
    /// A client's certificate.
    package var client: String { folder.file("client.pem") }
    /// The client's key.
    package var clientKey: String { folder.file("client.key") }
    /// The certificate of another authority that signed none of these.
    package var otherAuthority: String { folder.file("other.pem") }
    /// A pin in the right form that no key here has.
    package let wrongPin = Data(repeating: 0x5e, count: 32).base64EncodedString()

    /// One set for all tests of a process.
    ///
    /// - Throws: `TestKitFailure` when `openssl` is missing or fails.
    package static func shared() throws -> Certificates { try made.get() }

    private static let made = Result { try Certificates() }

    /// Makes a fresh set.
    package init() throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        try folder.write(
            "server.ext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth\n"
        )
        try folder.write("client.ext", "extendedKeyUsage=clientAuth\n")
        let newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        let script = """
            set -e; cd '\(folder.path)'
            openssl req -x509 \(newKey) -keyout ca.key -out ca.pem -days 2 -subj '/CN=hoosh test CA'
            openssl req -x509 \(newKey) -keyout other.key -out other.pem -days 2 -subj '/CN=another CA'
            for name in server client; do
              openssl req \(newKey) -keyout $name.key -out $name.csr -subj "/CN=hoosh test $name"
              openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
                -extfile $name.ext -out $name.pem
            done
            openssl x509 -in server.pem -pubkey -noout | openssl pkey -pubin -outform der >server.spki
            openssl dgst -sha256 -binary server.spki | openssl base64
            """
        let result = try run("sh", ["-c", script], tool: true)
        guard result.status == 0 else { throw TestKitFailure("openssl failed:\n\(result.errors)") }
        pin = result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
