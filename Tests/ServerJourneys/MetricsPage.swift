/// A page in Prometheus' text format 0.0.4, read strictly.
///
/// Refuses what Prometheus' own reader or `promtool check metrics` would: HELP and TYPE not once and first, samples of
/// a family not together, a series twice, bad names, label values or numbers, histograms that do not add up.
struct MetricsPage {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    private(set) var types: [String: String] = [:]
    private(set) var samples: [Sample] = []

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Fault(description: "the last line does not end") }
        var family = ""
        var helped: Set<String> = []
        var closed: Set<String> = []
        var series: Set<String> = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            if line.hasPrefix("# HELP ") {
                guard words.count == 4, helped.insert(words[2]).inserted else {
                    throw Fault(description: "HELP: \(line)")
                }
                if !family.isEmpty { closed.insert(family) }
                family = words[2]
            } else if line.hasPrefix("# TYPE ") {
                guard words.count == 4, words[2] == family, types[family] == nil,
                    ["counter", "gauge", "histogram"].contains(words[3]), !closed.contains(family)
                else { throw Fault(description: "TYPE: \(line)") }
                types[family] = words[3]
            } else {
                let sample = try MetricsPage.sample(String(line))
                guard let type = types[family], MetricsPage.belongs(sample.name, family, type) else {
                    throw Fault(description: "a sample outside its family \(family): \(line)")
                }
                if type == "counter", !family.hasSuffix("_total") { throw Fault(description: "counter \(family)") }
                let key =
                    sample.name + sample.labels.sorted { $0.key < $1.key }.map { "|\($0.key)=\($0.value)" }.joined()
                guard series.insert(key).inserted else { throw Fault(description: "twice: \(line)") }
                if type != "gauge", sample.value < 0 { throw Fault(description: "below zero: \(line)") }
                samples.append(sample)
            }
        }
        for (name, type) in types where type == "histogram" { try checkHistogram(name) }
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
        return found.isEmpty ? nil : found.reduce(0) { $0 + $1.value }
    }

    private static func belongs(_ name: String, _ family: String, _ type: String) -> Bool {
        type == "histogram" ? ["_bucket", "_sum", "_count"].contains { name == family + $0 } : name == family
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.first, first.isLetter || first == "_" else { return false }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    private static func sample(_ line: String) throws -> Sample {
        let fault = Fault(description: "sample: \(line)")
        var rest = line[...]
        let name = rest.prefix { $0 != "{" && $0 != " " }
        guard isName(name) else { throw fault }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            repeat {
                rest = rest.dropFirst()
                let label = rest.prefix { $0 != "=" }
                guard isName(label), labels[String(label)] == nil else { throw fault }
                rest = rest.dropFirst(label.count)
                guard rest.hasPrefix("=\"") else { throw fault }
                rest = rest.dropFirst(2)
                var value = ""
                while let character = rest.popFirst(), character != "\"" {
                    guard character == "\\" else {
                        value.append(character)
                        continue
                    }
                    guard let next = rest.popFirst(), "\\\"n".contains(next) else { throw fault }
                    value.append(next == "n" ? "\n" : next)
                }
                labels[String(label)] = value
            } while rest.first == ","
            guard rest.first == "}" else { throw fault }
            rest = rest.dropFirst()
        }
        guard rest.first == " ", let value = Double(rest.dropFirst()), !value.isNaN else { throw fault }
        return Sample(name: String(name), labels: labels, value: value)
    }

    private func checkHistogram(_ name: String) throws {
        var groups: [[String: String]: [(bound: Double, count: Double)]] = [:]
        for sample in samples where sample.name == name + "_bucket" {
            var labels = sample.labels
            guard let text = labels.removeValue(forKey: "le"), let bound = text == "+Inf" ? .infinity : Double(text)
            else {
                throw Fault(description: "a bucket of \(name) without a bound")
            }
            groups[labels, default: []].append((bound, sample.value))
        }
        for (labels, buckets) in groups {
            let isCumulative = zip(buckets, buckets.dropFirst()).allSatisfy {
                $0.bound < $1.bound && $0.count <= $1.count
            }
            let total = samples.first { $0.name == name + "_count" && $0.labels == labels }?.value
            let sum = samples.first { $0.name == name + "_sum" && $0.labels == labels }?.value
            guard isCumulative, buckets.last?.bound == .infinity, buckets.last?.count == total, sum != nil else {
                throw Fault(description: "the histogram \(name) \(labels) does not add up")
            }
        }
    }
}
