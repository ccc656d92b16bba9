import Report
import RouteLanguage

/// HP901: what `hoosh-proxy fmt` would write differently.
enum LayoutCheck {
    /// The finding for a file; nil when it is laid out as it should be, or cannot be.
    static func problem(_ source: SourceText, _ kind: Format.Kind) -> Problem? {
        guard case .text(let text) = Format.format(source.bytes, kind: kind), text != source.bytes else { return nil }
        let wanted = SourceText(path: source.path, bytes: text)
        let line = (1...source.lineCount).first { source.line($0) != wanted.line($0) } ?? 1
        let length = source.line(line).unicodeScalars.count
        return Problem(
            .note,
            "HP901",
            "`hoosh-proxy fmt` lays this file out differently",
            at: Spot(path: source.path, line: line, column: 1, length: max(1, length)),
            mark: "from here on",
            help: ["hoosh-proxy fmt \(source.path)"],
            fix: .safe,
            edits: [
                Edit(
                    path: source.path,
                    range: 0..<source.bytes.count,
                    replacement: String(decoding: text, as: UTF8.self)
                )
            ]
        )
    }
}
