/// What the `x-mock-` headers of one request ask for.
struct Controls {
    enum Framing { case chunked, length, close }

    var faults: Faults = []
    var faultText = ""
    var eventCount: Int?
    var eventBytes: Int?
    var gapNanoseconds: Int64?
    var coalesce = 1
    var batch = 1
    /// Between the bytes of `split`: long enough for most readers to see each by itself.
    var splitNanoseconds: Int64 = 50_000
    var bodyBytes: Int?
    var chunkBytes: Int?
    var framing: Framing?
    var seed: UInt64 = 1
    var isRandom = false
    var isStamped = false
    var delayNanoseconds: Int64?
    var idleCloseNanoseconds: Int64 = 0
    var after: Int?
    var status: Int?
    var retryAfter: String?
    var headBytes = 1 << 20
    var chunkLine = "zz"
    /// The recording of the corpus to answer with.
    var replay: String?
    /// The instance these are meant for; nil is whoever reads them.
    var addressee: String?
    /// How many requests with the same `key` these are for; the later ones are answered plainly.
    var times: Int?
    var key = ""
    /// Under which name its usage is added up.
    var account = ""
    /// True once any `x-mock-` header was there.
    var isAsked = false
    /// What is wrong with them, for a 400.
    var problem: String?

    static let sizeLimitBytes = 1 << 28

    /// Takes one header; `name` is what follows `x-mock-`, in lower case.
    mutating func take(_ name: String, _ value: String) {
        isAsked = true
        switch name {
        case "fault": takeFaults(value)
        case "events": eventCount = size(name, value)
        case "event-bytes": eventBytes = size(name, value)
        case "pace-ms": gapNanoseconds = time(name, value, 1_000_000)
        case "gap-us": gapNanoseconds = time(name, value, 1_000)
        case "coalesce": coalesce = max(1, size(name, value))
        case "batch": batch = max(1, size(name, value))
        case "body-bytes": bodyBytes = size(name, value)
        case "chunk-bytes": chunkBytes = max(1, size(name, value))
        case "framing": takeFraming(value)
        case "seed": seed = UInt64(truncatingIfNeeded: Int(value) ?? 1)
        case "random": isRandom = value != "0"
        case "stamp": isStamped = value != "0"
        case "split-us": splitNanoseconds = time(name, value, 1_000)
        case "delay-ms": delayNanoseconds = time(name, value, 1_000_000)
        case "idle-close-ms": idleCloseNanoseconds = time(name, value, 1_000_000)
        case "after": after = size(name, value)
        case "status": takeStatus(value)
        case "retry-after": retryAfter = value
        case "head-bytes": headBytes = size(name, value)
        case "chunk-line": chunkLine = value
        case "replay": replay = value
        case "for": addressee = value
        case "times": times = size(name, value)
        case "key": key = value
        case "account": account = value
        default: problem = "unknown header x-mock-\(name)"
        }
    }

    private mutating func takeFaults(_ value: String) {
        faultText = value
        for piece in value.split(separator: ",") {
            let name = piece.drop { $0 == " " }
            if let entry = Faults.all.first(where: { $0.name == name }) {
                faults.insert(entry.fault)
            } else {
                problem = "unknown fault \(name)"
            }
        }
    }

    private mutating func takeFraming(_ value: String) {
        switch value {
        case "chunked": framing = .chunked
        case "length": framing = .length
        case "close": framing = .close
        default: problem = "x-mock-framing is chunked, length or close"
        }
    }

    private mutating func takeStatus(_ value: String) {
        guard let number = Int(value), number >= 200, number <= 999 else {
            problem = "x-mock-status is a number from 200 to 999"
            return
        }
        status = number
    }

    private mutating func size(_ name: String, _ value: String) -> Int {
        guard let number = Int(value), number >= 0, number <= Controls.sizeLimitBytes else {
            problem = "x-mock-\(name) is a number from 0 to \(Controls.sizeLimitBytes)"
            return 0
        }
        return number
    }

    private mutating func time(_ name: String, _ value: String, _ unit: Double) -> Int64 {
        guard let number = Double(value), number >= 0, number <= 86_400_000 else {
            problem = "x-mock-\(name) is a number"
            return 0
        }
        return Int64(number * unit)
    }
}
