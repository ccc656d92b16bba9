import Decision
import Report
import RouteModel
import Routing

/// Numbers for the tags, windows and subjects that a document speaks of.
struct Words {
    private(set) var vocabulary = Program.Vocabulary()
    private(set) var windows: [TimeWindow] = []
    private(set) var problems: [Problem] = []
    private var tagBits: [String: Int] = [:]
    private var windowBits: [TimeWindow: Int] = [:]
    private var subjects: [Subject: Int] = [:]

    /// Bits in a mask.
    private static let limit = 64

    init(_ document: RouteDocument) {
        var tags: [Located<String>] = document.privacy.rules.map(\.tag)
        for provider in document.providers { tags += provider.denyTags }
        var times: [Located<TimeWindow>] = []
        var samples: [Subject] = []
        var open: [Match] = []
        for index in document.routes.indices.reversed() where document.routes[index].isEnabled {
            if let match = document.routes[index].match { open.append(match) }
        }
        while let match = open.popLast() {
            if let condition = match.tags { tags += condition.all + condition.any + condition.none }
            times += match.times ?? []
            if match.sample != nil { samples.append(match.sampleBy?.value ?? .request) }
            open += (match.not + (match.any ?? [])).reversed()
        }
        for tag in tags { add(tag: tag) }
        for time in times { add(window: time) }
        for subject in samples where subjects[subject] == nil {
            subjects[subject] = vocabulary.sampleSubjects.count
            vocabulary.sampleSubjects.append(subject)
        }
        let content = document.privacy.rules.filter(\.hasContentSource)
        vocabulary.contentTags = content.reduce(0) { $0 | mask(of: $1.tag.value) }
        vocabulary.contentLevel = .public
        if !content.isEmpty {
            let privacy = document.privacy
            let outcomes = [privacy.scanOver.value, privacy.scanOnError.value, privacy.scanOpaque.value]
            vocabulary.contentLevel = (content.compactMap(\.level?.value) + outcomes).max() ?? .restricted
        }
    }

    private mutating func add(tag: Located<String>) {
        guard tagBits[tag.value] == nil else { return }
        guard tagBits.count < Self.limit else {
            tagBits[tag.value] = -1
            return tooMany("tags", at: tag.spot)
        }
        tagBits[tag.value] = vocabulary.tagNames.count
        vocabulary.tagNames.append(tag.value)
    }

    private mutating func add(window: Located<TimeWindow>) {
        guard windowBits[window.value] == nil else { return }
        guard windowBits.count < Self.limit else {
            windowBits[window.value] = -1
            return tooMany("time windows", at: window.spot)
        }
        windowBits[window.value] = windows.count
        windows.append(window.value)
        vocabulary.windows.append(window.value.text)
    }

    private mutating func tooMany(_ what: String, at spot: Spot) {
        guard !problems.contains(where: { $0.sentence.contains(what) }) else { return }
        problems.append(
            Problem(.error, "HP803", "a configuration may speak of at most \(Self.limit) different \(what)", at: spot)
        )
    }

    /// A tag's bit; 0 for one that nobody speaks of.
    func mask(of tag: String) -> UInt64 {
        guard let bit = tagBits[tag], bit >= 0 else { return 0 }
        return 1 << UInt64(bit)
    }

    /// The bits of several.
    func mask(of tags: [Located<String>]) -> UInt64 { tags.reduce(0) { $0 | mask(of: $1.value) } }

    /// A window's bit.
    func mask(of window: TimeWindow) -> UInt64 {
        guard let bit = windowBits[window], bit >= 0 else { return 0 }
        return 1 << UInt64(bit)
    }

    /// A subject's position among the buckets.
    func position(of subject: Subject) -> Int { subjects[subject] ?? 0 }

    /// Has a header looked up for somebody other than the routes; answers its position.
    mutating func header(_ name: String) -> Int {
        if let known = vocabulary.extraHeaders.firstIndex(of: name) { return known }
        vocabulary.extraHeaders.append(name)
        return vocabulary.extraHeaders.count - 1
    }
}

extension TimeWindow {
    /// As a route file writes it.
    var text: String {
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        var groups: [String] = []
        var day = 0
        while day < 7 {
            guard days & (1 << UInt8(day)) != 0 else {
                day += 1
                continue
            }
            var end = day
            while end < 6, days & (1 << UInt8(end + 1)) != 0 { end += 1 }
            groups.append(end == day ? names[day] : "\(names[day])-\(names[end])")
            day = end + 1
        }
        func clock(_ minute: Int) -> String {
            func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
            return "\(two(minute / 60)):\(two(minute % 60))"
        }
        return "\(groups.joined(separator: ",")) \(clock(startMinute))-\(clock(endMinute)) \(zone)"
    }
}
