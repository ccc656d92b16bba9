import CPCRE2
import Routing
import Synchronization

/// A `re:` matcher for header values: PCRE2, anchored at both ends, JIT-compiled.
///
/// Immutable and shared by all loops. The only scratch memory it needs is kept in one slot that a match takes and puts
/// back, so matching allocates only when two loops meet.
package final class HeaderPattern: @unchecked Sendable {
    // @unchecked: `code` and `settings` are read-only after init (pcre2api(3), MULTITHREADING); `spare` is atomic.

    /// The pattern as written, without `re:`.
    package let text: String
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

    /// Steps after which a match is given up; JIT code honours it.
    static let matchLimit: UInt32 = 10_000
    /// Longest pattern, in bytes.
    package static let lengthLimitBytes = 1_024

    /// Compiles a pattern.
    ///
    /// - Throws: the library's message with its offset, or a construct that routes may not use.
    package init(parsing text: String) throws(Fault) {
        self.text = text
        if text.utf8.count > Self.lengthLimitBytes {
            throw Fault(sentence: "a pattern has at most \(Self.lengthLimitBytes) bytes", offset: Self.lengthLimitBytes)
        }
        let refusal = Self.refusal(text)
        if let refusal, refusal.cause == .forbidden {
            throw Fault(sentence: refusal.sentence, offset: refusal.offset)
        }
        let options =
            PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NO_AUTO_CAPTURE | PCRE2_ANCHORED | PCRE2_ENDANCHORED
            | PCRE2_NEVER_BACKSLASH_C
        var number: Int32 = 0
        var offset = 0
        let bytes = Array(text.utf8)
        let compiled = bytes.withUnsafeBufferPointer { buffer in
            // An empty array may have no address; PCRE2 wants one even for length 0.
            buffer.baseAddress.map { pcre2_compile_8($0, buffer.count, options, &number, &offset, nil) }
                ?? pcre2_compile_8([0], 0, options, &number, &offset, nil)
        }
        guard let compiled, let settings = pcre2_match_context_create_8(nil) else {
            pcre2_code_free_8(compiled)
            throw Fault(sentence: Self.message(number), offset: min(offset, bytes.count))
        }
        if let refusal {
            pcre2_match_context_free_8(settings)
            pcre2_code_free_8(compiled)
            throw Fault(sentence: refusal.sentence, offset: refusal.offset)
        }
        self.code = compiled
        self.settings = settings
        pcre2_set_match_limit_8(settings, Self.matchLimit)
        // Without JIT (a hardened kernel may refuse executable memory) the interpreter answers the same.
        _ = pcre2_jit_compile_8(compiled, PCRE2_JIT_COMPLETE)
    }

    deinit {
        let kept = spare.exchange(0, ordering: .acquiringAndReleasing)
        if let data = OpaquePointer(bitPattern: kept) { pcre2_match_data_free_8(data) }
        pcre2_match_context_free_8(settings)
        pcre2_code_free_8(code)
    }

    /// True when the whole of `subject` matches; a match that runs into the limit is none.
    package func matches(_ subject: Span<UInt8>) -> Bool {
        let kept = spare.exchange(0, ordering: .acquiring)
        guard let data = OpaquePointer(bitPattern: kept) ?? pcre2_match_data_create_8(1, nil) else { return false }
        let result = subject.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { pcre2_match_8(code, $0, buffer.count, 0, 0, data, settings) }
                ?? pcre2_match_8(code, [0], 0, 0, 0, data, settings)
        }
        let other = spare.exchange(UInt(bitPattern: data), ordering: .acquiringAndReleasing)
        if let other = OpaquePointer(bitPattern: other) { pcre2_match_data_free_8(other) }
        return result >= 0
    }

    /// What the pattern holds that routes may not use.
    private static func refusal(_ text: String) -> PatternTree.Fault? {
        do throws(PatternTree.Fault) {
            _ = try PatternTree(parsing: text)
            return nil
        } catch { return error }
    }

    private static func message(_ number: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = pcre2_get_error_message_8(number, &buffer, buffer.count)
        return String(decoding: buffer.prefix(Int(max(count, 0))), as: UTF8.self)
    }
}
