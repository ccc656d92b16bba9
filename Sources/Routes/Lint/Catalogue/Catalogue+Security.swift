extension Catalogue {
    /// HP7xx: security.
    static let security: [Rule] = [
        Rule(
            "HP701",
            .error,
            "secret in plain text, or a reference that leads nowhere",
            fix: .unsafe,
            what: """
                A key, token or password stands in the file, known by its beginning or by its letters. It is \
                never printed. The server also reports references to nothing.
                """,
            why: """
                Files are copied, committed and read by many. Rotate a secret that stood in one.
                """,
            bad: "openai: {kind: openai, key: sk-proj-...}",
            good: "openai: {kind: openai, key: env:OPENAI_API_KEY}"
        ),
        Rule(
            "HP702",
            .error,
            "remote provider over `http://`",
            fix: .unsafe,
            what: "Requests to a provider on the internet would travel in plain text.",
            why: "Prompts and keys could be read on the way.",
            bad: "url: http://api.example.com/v1",
            good: "url: https://api.example.com/v1"
        ),
        Rule(
            "HP703",
            .warning,
            "remote provider with neither pin nor explicit CA",
            what: "Any certificate authority of the system may vouch for the provider.",
            why: """
                One that errs can put somebody in between; `ca: system` says that this is accepted.
                """,
            bad: "openai: {kind: openai}",
            good: "openai: {kind: openai, tls: {ca: system}}"
        ),
        Rule(
            "HP704",
            .error,
            "malformed pin, or a single one",
            what: """
                A pin is not `sha256//` and the base64 of 32 bytes. A warning for a single pin without a spare.
                """,
            why: "With one pin, the provider's next key is an outage.",
            bad: "tls: {pin: sha256//AAAA}",
            good: """
                tls: {pin: [sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=, sha256//AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=]}
                """
        ),
        Rule(
            "HP705",
            .error,
            "certificate without key or the reverse, or a file that cannot be read",
            what: """
                A client certificate needs its key, and the key its certificate; both must be readable.
                """,
            why: "No handshake would succeed.",
            bad: "tls: {cert: file:/tls/client.crt}",
            good: "tls: {cert: file:/tls/client.crt, key: file:/tls/client.key}"
        ),
        Rule(
            "HP706",
            .error,
            "`verify: false`",
            fix: .safe,
            what: "A provider's certificate is not to be checked.",
            why: """
                Whoever stands between could read and change everything; `tls.ca` names a private authority.
                """,
            bad: "tls: {verify: false}",
            good: "tls: {ca: /etc/ssl/internal-ca.pem}"
        ),
        Rule(
            "HP707",
            .error,
            "client listener beyond loopback",
            what: """
                The client listener takes connections from other machines and asks nobody who they are \
                (`auth.keys`). A warning when only TLS is missing.
                """,
            why: "Everybody who reaches the port spends the keys behind it.",
            bad: "listen: {address: 0.0.0.0:8088}",
            good: "listen: {address: 127.0.0.1:8088}"
        ),
        Rule(
            "HP708",
            .error,
            "admin listener beyond loopback",
            what: """
                The admin listener takes connections from other machines without a token (`auth.admin`). A warning \
                when only TLS is missing.
                """,
            why: "It shows prompts' paths and costs, and reloads the configuration.",
            bad: "listen: {admin: 0.0.0.0:8089}",
            good: "listen: {admin: 127.0.0.1:8089}"
        ),
        Rule(
            "HP709",
            .warning,
            "variable that is unset, or secret file that others may read",
            what: """
                With `--resolve`: an `env:` variable is not set here, or a secret's file is readable by \
                everyone.
                """,
            why: "The server would refuse to start, or the secret is none.",
            bad: "key: env:OPENAI_API_KEY      # not set",
            good: "key: file:/run/secrets/openai    # mode 0400"
        ),
        Rule(
            "HP710",
            .error,
            "credentials in a URL",
            fix: .unsafe,
            what: "A URL holds a user name or password.",
            why: "URLs are logged and shown; `key` and `headers` are not.",
            bad: "url: https://user:secret@gw.example.com/v1",
            good: """
                url: https://gw.example.com/v1
                headers: {authorization: env:GATEWAY_AUTH}
                """
        ),
        Rule(
            "HP711",
            .warning,
            "client token that can be guessed",
            what: "With `--resolve`: a client's token has less than 128 bits.",
            why: "It can be found by trying.",
            bad: "keys: {app: {token: env:SHORT_TOKEN}}",
            good: "keys: {app: {token: env:APP_TOKEN}}     # openssl rand -hex 32"
        ),
        Rule(
            "HP712",
            .warning,
            "audit chain without a lasting key",
            what: "`audit.key` is missing: each start makes its own.",
            why: "Nobody can prove afterwards that the log was not written anew.",
            bad: "audit: {path: /var/log/hoosh/audit.jsonl}",
            good: "audit: {path: /var/log/hoosh/audit.jsonl, key: file:/run/secrets/audit}"
        ),
        Rule(
            "HP714",
            .warning,
            "certificate that has expired or soon will",
            what: """
                With `--resolve`: a certificate of the file is not valid any more, or for less than 30 days.
                """,
            why: "It fails on a date that is known today.",
            bad: "tls: {cert: file:/tls/old.crt, key: file:/tls/old.key}",
            good: "tls: {cert: file:/tls/new.crt, key: file:/tls/new.key}"
        ),
        Rule(
            "HP715",
            .warning,
            "tool servers, but no tool that may be called",
            what: "`tools` has servers and no `allow`.",
            why: "Tools are denied unless they are listed: the servers run for nothing.",
            bad: "tools: {servers: {fs: {command: mcp-fs}}}",
            good: "tools: {servers: {fs: {command: mcp-fs}}, allow: [fs/read_file]}"
        ),
        Rule(
            "HP716",
            .warning,
            "every tool allowed",
            what: "`tools.allow` has a pattern that every tool of every server fits.",
            why: "A server that gets a tool for writing or for running programs gives it to every client.",
            bad: "allow: [\"*\"]",
            good: "allow: [\"fs/read_*\", web/search]"
        ),
        Rule(
            "HP717",
            .error,
            "one token for two",
            what: """
                Two entries of `auth.keys`, or one and `auth.admin`, have the same token. In lint that is known of \
                the same reference and the same digest, when serving of the tokens themselves.
                """,
            why: "A token must say who sends it; one that opens the admin listener as well is no client's.",
            bad: "keys: {app: {token: env:TOKEN}, batch: {token: env:TOKEN}}",
            good: "keys: {app: {token: env:APP_TOKEN}, batch: {token: env:BATCH_TOKEN}}"
        ),
    ]
}
