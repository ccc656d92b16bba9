import RouteModel
import Routing

/// Gives requests the places in samples that their own texts have: a bucket is a function of the text (`routes.md` 2.6).
struct SampledTexts {
    /// Where the samples by each subject end.
    private var edges: [Subject: Set<Int>] = [:]
    /// Texts that matches ask for, by header field.
    private var literals: [String: [String]] = [:]
    /// Texts tried in all before buckets are given up: enough for some of the smallest shares.
    private var left = 400_000

    init(_ documents: [RouteDocument], _ matches: [Match] = []) {
        var open = documents.flatMap { $0.routes.compactMap(\.match) } + matches
        while let match = open.popLast() {
            let subject = match.sampleBy?.value ?? .request
            if let sample = match.sample?.value, subject != .request { edges[subject, default: []].insert(sample) }
            for header in match.headers {
                literals[header.name.value, default: []] += header.matchers.map(\.value)
            }
            open += (match.any ?? []) + match.not
        }
    }

    static func bucket(of text: String) -> Int { SampleBucket.of(Array(text.utf8).span) }

    /// The same request with the buckets of its texts.
    func placed(_ request: Request) -> Request {
        var request = request
        for subject in edges.keys { request.buckets[subject] = request.text(of: subject).map(Self.bucket) }
        return request
    }

    /// A request that can come, like one whose buckets are imagined, that is accepted as the imagined one is.
    ///
    /// Nil when none was found.
    mutating func realized(_ request: Request, accepts: (Request) -> Bool) -> Request? {
        if edges.isEmpty { return request }
        let own = placed(request)
        if own == request || accepts(own) { return own }
        var real = request
        for subject in edges.keys.sorted(by: { $0.word < $1.word }) {
            guard let text = real.text(of: subject) else {
                real.buckets[subject] = nil
                continue
            }
            guard let wanted = real.buckets[subject] else { continue }
            let cuts = edges[subject] ?? []
            let lower = cuts.filter { $0 <= wanted }.max() ?? 0
            let upper = cuts.filter { $0 > wanted }.min() ?? SampleBucket.count
            if lower < upper, (lower..<upper).contains(Self.bucket(of: text)) {
                real.buckets[subject] = Self.bucket(of: text)
                continue
            }
            guard let found = other(than: text, of: subject, in: lower..<upper, real, accepts) else { return nil }
            real = found
        }
        return accepts(real) ? real : nil
    }

    private mutating func other(
        than text: String,
        of subject: Subject,
        in range: Range<Int>,
        _ request: Request,
        _ accepts: (Request) -> Bool
    ) -> Request? {
        func with(_ text: String, _ bucket: Int) -> Request {
            var other = request
            other.set(text, of: subject)
            other.buckets[subject] = bucket
            return other
        }
        if case .header(let name) = subject {
            for literal in literals[name] ?? [] {
                let bucket = Self.bucket(of: literal)
                if range.contains(bucket), accepts(with(literal, bucket)) { return with(literal, bucket) }
            }
        }
        let letters = Array(text)
        // Where something can be put in without being noticed: at the end more likely than anywhere else.
        let place = (0...letters.count).reversed().first { place in
            accepts(with(String(letters[..<place] + "7" + letters[place...]), range.lowerBound))
        }
        guard let place else { return nil }
        let (head, tail) = (String(letters[..<place]), String(letters[place...]))
        // Ten times as many as it takes on average.
        let tries = min(left, 10 * SampleBucket.count / max(range.count, 1))
        for number in 0..<tries {
            left -= 1
            let candidate = "\(head)\(number)\(tail)"
            let bucket = Self.bucket(of: candidate)
            if range.contains(bucket), accepts(with(candidate, bucket)) { return with(candidate, bucket) }
        }
        return nil
    }
}

extension Request {
    /// The text that a subject's bucket comes from; nil where the request lacks it.
    fileprivate func text(of subject: Subject) -> String? {
        switch subject {
        case .request: nil
        case .key: key
        case .tenant: tenant
        case .header(let name): header(name)
        }
    }

    fileprivate mutating func set(_ text: String, of subject: Subject) {
        switch subject {
        case .request: break
        case .key: key = text
        case .tenant: tenant = text
        case .header(let name):
            if let index = headers.firstIndex(where: { $0.name == name }) { headers[index].value = text }
        }
    }
}
