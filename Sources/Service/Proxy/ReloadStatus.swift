/// What is known about the loading of the configuration: the admin listener tells it.
struct ReloadStatus: Sendable {
    /// A reading that did not come to serve.
    struct Failure: Sendable {
        var seconds: Int
        var cause: String
        var sentence: String
        /// The findings as `lint-v1`.
        var findings: String
    }

    /// Unix time at which the running configuration was loaded.
    var loadedSeconds = 0
    /// What asked for it.
    var cause = "start"
    var files: [String] = []
    /// What these name for their content: secrets, certificates.
    var namedFiles: [String] = []
    /// Findings of the running configuration as `lint-v1`.
    var findings = ""
    var succeeded = 0
    var failed = 0
    /// The last reading that failed, until one succeeds.
    var failure: Failure?
}

/// What came of one reload.
struct ReloadOutcome: Sendable {
    enum Result: String, Sendable {
        /// A new snapshot serves.
        case reloaded
        /// The files say what they said before.
        case unchanged
        /// The old snapshot stays.
        case refused
    }
    var result: Result
    /// One line for people.
    var sentence: String
    /// The findings as `lint-v1`.
    var findings: String
    /// The configuration that serves now.
    var hash: String
}
