import Bytes

extension Builtin.Check {
    /// The part of a match that passes; nil when none does.
    func accepted(_ range: Range<Int>, in text: Span<UInt8>) -> Range<Int>? {
        switch self {
        case .none: range
        case .luhn: Self.passesLuhn(text.extracting(range)) ? range : nil
        case .iban: Self.accountNumber(range, in: text)
        case .randomness: Self.looksRandom(text.extracting(range)) ? range : nil
        }
    }

    /// Luhn's sum over the digits (ISO/IEC 7812-1, annex B); other bytes are passed over.
    static func passesLuhn(_ text: Span<UInt8>) -> Bool {
        var sum = 0
        var count = 0
        for index in text.indices.reversed() where ASCII.isDigit(text[index]) {
            let digit = Int(text[index] - 0x30)
            sum += count % 2 == 0 ? digit : digit < 5 ? digit * 2 : digit * 2 - 9
            count += 1
        }
        return (13...19).contains(count) && sum % 10 == 0
    }

    /// The account number that begins there, as long as its country's are, if its remainder is right (ISO 13616).
    private static func accountNumber(_ range: Range<Int>, in text: Span<UInt8>) -> Range<Int>? {
        func upper(_ byte: UInt8) -> UInt8 { byte &- 0x61 < 26 ? byte & 0x5f : byte }
        let start = range.lowerBound
        let country = [upper(text[start]), upper(text[start + 1])]
        guard let length = accountLengths[String(decoding: country, as: UTF8.self)] else { return nil }
        var characters: [UInt8] = []
        var index = start
        while index < range.upperBound, characters.count < length {
            if text[index] != 0x20 { characters.append(upper(text[index])) }
            index += 1
        }
        let isBounded = index == text.count || !ASCII.isLetter(text[index]) && !ASCII.isDigit(text[index])
        guard characters.count == length, isBounded else { return nil }
        // The first four move to the end; letters count from 10. Dividing digit by digit needs no large number.
        var remainder = 0
        for character in characters[4...] + characters[..<4] {
            if ASCII.isDigit(character) {
                remainder = (remainder * 10 + Int(character - 0x30)) % 97
            } else {
                remainder = (remainder * 100 + Int(character - 0x37)) % 97
            }
        }
        return remainder == 1 ? start..<index : nil
    }

    /// True for what a generator made, not a person: letters of both cases and digits, or a long run with both kinds.
    static func looksRandom(_ text: Span<UInt8>) -> Bool {
        var (hasUpper, hasLower, hasDigit) = (false, false, false)
        var (run, runLetters, runDigits, hasLongRun) = (0, 0, 0, false)
        for index in text.indices {
            let byte = text[index]
            if ASCII.isDigit(byte) {
                hasDigit = true
                runDigits += 1
            } else if ASCII.isLetter(byte) {
                if byte & 0x20 == 0 { hasUpper = true } else { hasLower = true }
                runLetters += 1
            } else {
                (run, runLetters, runDigits) = (-1, 0, 0)
            }
            run += 1
            if run >= 20, runLetters > 0, runDigits > 0 { hasLongRun = true }
        }
        return hasLongRun || hasUpper && hasLower && hasDigit
    }

    /// Lengths by country (SWIFT, IBAN Registry, release 99).
    private static let accountLengths: [String: Int] = {
        let table: [Int: String] = [
            15: "NO", 16: "BE", 18: "DK FK FO FI GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
            21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
            24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM",
            28: "AL AZ BY CY DO GT HN HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC",
            33: "RU",
        ]
        var lengths: [String: Int] = [:]
        for (length, countries) in table {
            for country in countries.split(separator: " ") { lengths[String(country)] = length }
        }
        return lengths
    }()
}
