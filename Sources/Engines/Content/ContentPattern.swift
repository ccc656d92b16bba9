import CPCRE2
import Routing
import Synchronization

/// A pattern that is searched for in the text of requests: PCRE2 with JIT, bounded in steps.
///
/// Immutable and shared by all loops. The only scratch memory it needs is kept in one slot that a search takes and puts back.
package final class ContentPattern: @unchecked Sendable {
    // @unchecked: `code` and `settings` are read-only after init (pcre2api(3), MULTITHREADING); `spare` is atomic.

    /// As written.
    package let text: String
    package let tree: PatternTree
    private let code: OpaquePointer
    private let settings: OpaquePointer
    private let spare = Atomic<UInt>(0)

    /// Why a text is not a pattern, and where.
    package struct Fault: Error, Equatable {
        /// One sentence without a full stop.
        package let sentence: String
        /// Byte offset into the text.
        package let offset: Int
    }

    /// What a search came to.
    package enum Outcome: Equatable, Sendable {
        case none
        case match(Range<Int>)
        /// Given up: too many steps, or no memory. Callers count it as a match (`routes.md` F7, fail closed).
        case limit
    }

    /// Longest pattern, in bytes.
    package static let lengthLimitBytes = 4_096
    /// Steps after which a search is given up, unless `privacy.match_limit` says another number.
    package static let standardMatchLimit = 100_000

    /// Compiles a pattern with the letters of `flags`.
    ///
    /// - Throws: the library's message with its offset, or a construct that routes may not use.
    package init(
        parsing text: String,
        flags: String = "",
        matchLimit: Int = standardMatchLimit
    ) throws(Fault) {
        self.text = text
        let bytes = Array(text.utf8)
        if bytes.count > Self.lengthLimitBytes {
            throw Fault(sentence: "a pattern has at most \(Self.lengthLimitBytes) bytes", offset: Self.lengthLimitBytes)
        }
        guard let letters = PatternTree.Flags(flags) else {
            throw Fault(sentence: "flags are letters of `i m s x`", offset: 0)
        }
        let reading = Self.reading(text, letters)
        if case .failure(let fault) = reading, fault.cause == .forbidden {
            throw Fault(sentence: fault.sentence, offset: fault.offset)
        }
        var number: Int32 = 0
        var offset = 0
        let compiled = bytes.withUnsafeBufferPointer { buffer in
            // An empty array may have no address; PCRE2 wants one even for length 0.
            buffer.baseAddress.map { pcre2_compile_8($0, buffer.count, Self.options(letters), &number, &offset, nil) }
                ?? pcre2_compile_8([0], 0, Self.options(letters), &number, &offset, nil)
        }
        guard let compiled, let settings = pcre2_match_context_create_8(nil), case .success(let tree) = reading else {
            let isCompiled = compiled != nil
            pcre2_code_free_8(compiled)
            if isCompiled, case .failure(let fault) = reading {
                throw Fault(sentence: fault.sentence, offset: fault.offset)
            }
            throw Fault(sentence: Self.message(number), offset: min(offset, bytes.count))
        }
        self.tree = tree
        code = compiled
        self.settings = settings
        pcre2_set_match_limit_8(settings, UInt32(clamping: max(matchLimit, 1)))
        // Without JIT (a hardened kernel may refuse executable memory) the interpreter answers the same; it takes memory
        // from the heap, so that is bounded too.
        pcre2_set_heap_limit_8(settings, 16 * 1_024)
        _ = pcre2_jit_compile_8(compiled, PCRE2_JIT_COMPLETE)
    }

    deinit {
        let kept = spare.exchange(0, ordering: .acquiringAndReleasing)
        if let data = OpaquePointer(bitPattern: kept) { pcre2_match_data_free_8(data) }
        pcre2_match_context_free_8(settings)
        pcre2_code_free_8(code)
    }

    /// Searches from an offset on; the result's range counts from the text's beginning.
    package func search(_ text: Span<UInt8>, from offset: Int = 0) -> Outcome {
        let kept = spare.exchange(0, ordering: .acquiring)
        guard let data = OpaquePointer(bitPattern: kept) ?? pcre2_match_data_create_8(1, nil) else { return .limit }
        let result = text.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { pcre2_match_8(code, $0, buffer.count, offset, 0, data, settings) }
                ?? pcre2_match_8(code, [0], 0, 0, 0, data, settings)
        }
        var outcome = Outcome.none
        if result >= 0, let ends = pcre2_get_ovector_pointer_8(data) {
            // A look-behind may let a match begin after its end only with `\K`, which patterns may not use.
            outcome = .match(ends[0]..<max(ends[0], ends[1]))
        } else if result != PCRE2_ERROR_NOMATCH {
            outcome = .limit
        }
        let other = spare.exchange(UInt(bitPattern: data), ordering: .acquiringAndReleasing)
        if let other = OpaquePointer(bitPattern: other) { pcre2_match_data_free_8(other) }
        return outcome
    }

    private static func reading(
        _ text: String,
        _ flags: PatternTree.Flags
    ) -> Result<PatternTree, PatternTree.Fault> {
        do throws(PatternTree.Fault) { return .success(try PatternTree(parsing: text, flags: flags)) } catch {
            return .failure(error)
        }
    }

    private static func options(_ flags: PatternTree.Flags) -> UInt32 {
        var options =
            PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NO_AUTO_CAPTURE | PCRE2_NEVER_BACKSLASH_C
        if flags.isCaseless { options |= PCRE2_CASELESS }
        if flags.isMultiline { options |= PCRE2_MULTILINE }
        if flags.dotMatchesLineEnds { options |= PCRE2_DOTALL }
        if flags.isExtended { options |= PCRE2_EXTENDED }
        return options
    }

    private static func message(_ number: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = pcre2_get_error_message_8(number, &buffer, buffer.count)
        return String(decoding: buffer.prefix(Int(max(count, 0))), as: UTF8.self)
    }
}
