/// Kinds of personal data and secrets that routes can name (`routes.md` 2.5, privacy).
package enum Builtin: String, CaseIterable, Sendable {
    case email
    case phoneUS = "phone_us"
    case ssn
    case creditCard = "credit_card"
    case ipv4
    case apiKey = "api_key"
    case awsKey = "aws_key"
    case githubToken = "github_token"
    case iban, jwt
    case privateKey = "private_key"

    /// A pattern, and what a match must pass besides.
    package struct Shape: Sendable {
        package let pattern: String
        package var flags = ""
        var check = Check.none
    }

    /// Beyond what a pattern can say.
    enum Check: Sendable {
        case none, luhn, iban, randomness
    }

    /// Any of them is a find.
    package var shapes: [Shape] {
        switch self {
        case .email: [Shape(pattern: Self.emailPattern)]
        case .phoneUS: [Shape(pattern: Self.phonePattern), Shape(pattern: #"(?<![\w+])\+1[2-9]\d{2}[2-9]\d{6}(?!\w)"#)]
        case .ssn:
            // Areas 000, 666 and 900 to 999, group 00 and serial 0000 were never issued (SSA, 20 CFR 422.103).
            [
                Shape(
                    pattern: #"(?<![\w-])(?!000|666|9)\d{3}(?:-(?!00)\d{2}-| (?!00)\d{2} )(?!0000)\d{4}(?![\w-])"#
                )
            ]
        case .creditCard: Self.cardShapes
        case .ipv4: [Shape(pattern: Self.addressPattern)]
        case .apiKey: Self.keyShapes
        case .awsKey: Self.awsShapes
        case .githubToken:
            [Shape(pattern: #"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9_]{36,}|github_pat_[A-Za-z0-9_]{40,})"#)]
        case .iban:
            [Shape(pattern: #"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}"#, check: .iban)]
        case .jwt: [Shape(pattern: Self.tokenPattern)]
        case .privateKey:
            [
                Shape(
                    pattern:
                        #"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d|AGE-SECRET-KEY-1[0-9A-Z]{20,}"#
                )
            ]
        }
    }

    /// Up to 64 characters before the `@` (RFC 5321 §4.5.3.1), letters beyond ASCII too (RFC 6531).
    private static let emailPattern =
        #"[A-Za-z0-9._%+'\x{a1}-\x{10ffff}-]{1,64}+@(?:[A-Za-z0-9\x{a1}-\x{10ffff}-]{1,63}\.){1,8}(?:xn--[A-Za-z0-9-]{2,}|[A-Za-z\x{a1}-\x{10ffff}]{2,})"#

    /// Three groups with separators between them; a bare run of ten digits is mostly something else.
    private static let phonePattern =
        #"(?<![\w.-])(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\)[ .-]?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?![\w-])"#

    private static let addressPattern =
        #"(?<![\w.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?!\w|\.\d)"#

    /// Runs of 13 to 19 digits, or groups as they are printed on cards; the first digit is that of a bank or airline card
    /// (ISO/IEC 7812-1).
    private static let cardShapes = [
        Shape(pattern: #"(?<!\d)(?<!\d\.)[2-6]\d{12,18}(?!\d)"#, check: .luhn),
        Shape(
            pattern:
                #"(?<!\d)(?<!\d[ .-])[2-6]\d{3}[ .\x{a0}-](?:\d{4}[ .\x{a0}-]\d{4}[ .\x{a0}-]\d{1,4}(?:[ .\x{a0}-]\d{1,3})?|\d{6}[ .\x{a0}-]\d{4,5})(?!\d)"#,
            check: .luhn
        ),
    ]

    private static let keyShapes = [
        Shape(pattern: #"(?<![A-Za-z0-9])(?:sk|csk|pk|rk)[-_][A-Za-z0-9_-]{20,}"#, check: .randomness),
        Shape(
            pattern: "(?<![A-Za-z0-9])(?:"
                + [
                    "AIza[A-Za-z0-9_-]{35}", "gsk_[A-Za-z0-9]{32,}", "xai-[A-Za-z0-9]{40,}", "hf_[A-Za-z0-9]{30,}",
                    "pplx-[A-Za-z0-9]{32,}", "r8_[A-Za-z0-9]{32,}", "nvapi-[A-Za-z0-9_-]{40,}",
                    "glpat-[A-Za-z0-9_-]{20,}", "npm_[A-Za-z0-9]{36}", "dop_v1_[0-9a-f]{64}",
                    #"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"#, "xox[abeprs]-[A-Za-z0-9-]{10,}",
                    "pypi-AgE[A-Za-z0-9_-]{40,}",
                ].joined(separator: "|") + ")"
        ),
        // A pattern with more than sixteen beginnings would run on every text.
        Shape(
            pattern: "(?<![A-Za-z0-9])(?:"
                + [
                    "GOCSPX-[A-Za-z0-9_-]{24,}", #"hv[sbr]\.[A-Za-z0-9_-]{24,}"#, "ntn_[A-Za-z0-9]{40,}",
                    "dapi[0-9a-f]{32}(?:-[0-9]{1,2})?(?![A-Za-z0-9])",
                    "xapp-[0-9]-[A-Z0-9]{4,}-[0-9]{3,}-[A-Za-z0-9]{32,}",
                    // Tokens of service accounts have a letter and a point first.
                    #"ya29\.(?:[a-z]\.)?[A-Za-z0-9_-]{20,}"#,
                    // The address is the secret; that of a workflow has one more part.
                    #"hooks\.slack(?:-gov)?\.com/(?:services|triggers)/[A-Z0-9]{8,}/[A-Z0-9]{8,}/[A-Za-z0-9]{16,}"#,
                    #"hooks\.slack(?:-gov)?\.com/workflows/[A-Z0-9]{8,}/[A-Z0-9]{8,}/[0-9]{8,}/[A-Za-z0-9]{16,}"#,
                ].joined(separator: "|") + ")"
        ),
        // Telegram's bots: number and secret, in addresses behind `bot`.
        Shape(
            pattern: "(?:(?<=bot)|(?<![A-Za-z0-9]))[0-9]{6,16}:A[A-Za-z0-9_-]{33,34}(?![A-Za-z0-9_-])",
            check: .randomness
        ),
        Shape(
            pattern:
                #"(?<![a-z0-9])(?:api[_ -]?(?:key|token)|secret[_ -]?key|access[_ -]?token)["']?[ \t]{0,3}(?::|=>?|is)?[ \t]{0,3}["']?[a-z0-9_-]{20,}"#,
            flags: "i",
            check: .randomness
        ),
    ]

    private static let awsShapes = [
        Shape(pattern: #"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"#),
        Shape(
            pattern:
                #"aws_?secret_?(?:access_?)?key["']?\s{0,3}[:=]\s{0,3}["']?[a-z0-9/+]{40}(?![a-z0-9/+])"#,
            flags: "i"
        ),
    ]

    /// Three parts (RFC 7515 §7.1), or five when encrypted (RFC 7516 §7.1); the first is a JSON object, so it begins with `eyJ`.
    private static let tokenPattern =
        #"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}+\.(?:eyJ[A-Za-z0-9_-]{4,}+\.[A-Za-z0-9_-]*|[A-Za-z0-9_-]*+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)"#
}
