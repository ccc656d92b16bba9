import Bytes

/// Whether the lines of a paragraph are words, and whether those are sentences.
struct Paragraph {
    private var lines = 0
    private var words = 0
    /// Words that begin with a capital or a digit.
    private var raised = 0
    private var sentences = 0
    private var isPlain = true
    private var endsSentence = false
    /// A line is too short for one of prose, or most of its words are written large.
    private var hasOddLine = false

    /// Bytes that words in a row have beside letters, spaces and what is no ASCII, in a paragraph that stays as it is.
    private static let marks = Set(".,!?'\"-():*/%&".utf8)
    /// Those that prose has.
    private static let plainMarks = Set(".,!?'-".utf8)

    /// Takes a line without its end; false when it is no line of words, so that nobody can say what the text is.
    mutating func take(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first, first != 0x20, first != 0x09 else { return false }
        var content = line
        // A heading, a point of a list.
        let lead = line.prefix { $0 != 0x20 }
        if lead.allSatisfy({ $0 == 0x23 }) || lead.elementsEqual([0x2d]) || lead.elementsEqual([0x2a]) {
            isPlain = false
            content = line[lead.endIndex...].dropFirst()
        }
        guard Paragraph.isWords(content) else { return false }
        lines += 1
        if lines == 1, !Paragraph.isRaised(first), first < 0x80 { isPlain = false }
        let (words, raised, goesOn) = (words, raised, lines > 1 && !endsSentence)
        for word in content.split(separator: 0x20) { take(word: word) }
        let count = self.words - words
        // The rest of a sentence may be short.
        if count < 4, !(goesOn && endsSentence) { hasOddLine = true }
        if (self.raised - raised) * 2 > count { hasOddLine = true }
        return true
    }

    /// Two sentences or more, each of some words, most of which are written small; and so is every line.
    var isProse: Bool {
        isPlain && !hasOddLine && endsSentence && sentences >= 2 && words >= 10 && words >= 4 * sentences
    }

    private mutating func take(word: ArraySlice<UInt8>) {
        words += 1
        guard let first = word.first, let last = word.last else { return }
        if Paragraph.isRaised(first) || ASCII.isDigit(first) { raised += 1 }
        let letters = word.prefix { $0 >= 0x80 || ASCII.isLetter($0) || $0 == 0x27 || $0 == 0x2d }
        let digits = word.prefix { ASCII.isDigit($0) }
        let rest = word[max(letters.endIndex, digits.endIndex)...]
        // One mark at the end, and none at the beginning.
        let isWord = (ASCII.isLetter(first) || ASCII.isDigit(first) || first >= 0x80) && rest.count <= 1
        if !isWord || !rest.allSatisfy({ Paragraph.plainMarks.contains($0) }) { isPlain = false }
        endsSentence = last == 0x2e || last == 0x21 || last == 0x3f
        if endsSentence, letters.count > 1 { sentences += 1 }
    }

    private static func isRaised(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5a }

    /// Nothing but words and their marks; two spaces only behind the end of a sentence.
    private static func isWords(_ line: ArraySlice<UInt8>) -> Bool {
        var previous: UInt8 = 0
        var beforeThat: UInt8 = 0
        for (place, byte) in zip(line.indices, line) {
            let isOrdinary = ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte >= 0x80 || byte == 0x20
            guard isOrdinary || marks.contains(byte) else { return false }
            if byte == 0x20, previous == 0x20 {
                let next = place + 1 < line.endIndex ? line[place + 1] : 0
                guard beforeThat == 0x2e || beforeThat == 0x21 || beforeThat == 0x3f, isRaised(next) || next >= 0x80
                else { return false }
            }
            // Comments, and texts of several lines within a program.
            if byte == previous, byte == 0x2f || byte == 0x22 || byte == 0x27 { return false }
            if (byte == 0x2a && previous == 0x2f) || (byte == 0x2f && previous == 0x2a) { return false }
            if byte == 0x2a, previous == 0x28 { return false }
            beforeThat = previous
            previous = byte
        }
        return true
    }
}
