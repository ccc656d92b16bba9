import CHiredis
import Loop

// The only file that sees hiredis. C types end here.

/// What Redis answers.
enum RedisReply: Equatable {
    case integer(Int)
    case text(String)
    /// A string that is no text.
    case bytes([UInt8])
    case list([RedisReply])
    case error(String)
    case none

    fileprivate init(_ reply: UnsafePointer<redisReply>) {
        switch reply.pointee.type {
        case REDIS_REPLY_INTEGER: self = .integer(Int(reply.pointee.integer))
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = RedisReply.string(reply)
        case REDIS_REPLY_ERROR: self = .error(RedisReply.text(reply))
        case REDIS_REPLY_ARRAY:
            var items: [RedisReply] = []
            for index in 0..<reply.pointee.elements {
                if let item = reply.pointee.element[index] { items.append(RedisReply(item)) }
            }
            self = .list(items)
        default: self = .none
        }
    }

    private static func string(_ reply: UnsafePointer<redisReply>) -> RedisReply {
        guard let start = reply.pointee.str else { return .text("") }
        let bytes = UnsafeRawBufferPointer(start: start, count: reply.pointee.len)
        return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .bytes(Array(bytes))
    }

    /// The bytes of a string; nil for anything else.
    var string: [UInt8]? {
        switch self {
        case .text(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        case .integer, .list, .error, .none: nil
        }
    }

    /// What a server sends to those who listen to it, which we never do.
    fileprivate var isNews: Bool {
        guard case .list(let items) = self, items.count > 1, case .text(let word) = items[0] else { return false }
        return RedisReply.news.contains(word)
    }

    private static let news: Set = [
        "message", "pmessage", "smessage", "subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe",
        "sunsubscribe", "invalidate",
    ]

    /// The server does not have the script that was named: nothing was done.
    var isForgotten: Bool {
        if case .error(let sentence) = self { sentence.hasPrefix("NOSCRIPT") } else { false }
    }

    private static func text(_ reply: UnsafePointer<redisReply>) -> String {
        guard let start = reply.pointee.str else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: reply.pointee.len), as: UTF8.self)
    }
}

/// How hiredis makes replies, but for lists that are longer than any we ask for.
///
/// It makes room for a list when it has read its length, and walks through all of it afterwards: a broken server could hold
/// a loop for half a minute with the thirteen bytes of `*2147483647`. Without room hiredis ends the connection.
///
/// `@unchecked Sendable` holds because nothing is changed any more once `shared` is there.
private final class ReplyMakers: @unchecked Sendable {
    static let shared = ReplyMakers()
    private static let longestList = 65_536

    let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
    private let own: redisReplyObjectFunctions

    private init() {
        guard let reader = redisReaderCreate() else { preconditionFailure("no memory for hiredis") }
        own = reader.pointee.fn.pointee
        redisReaderFree(reader)
        functions.initialize(to: own)
        functions.pointee.createArray = { task, count in
            count <= ReplyMakers.longestList ? ReplyMakers.shared.own.createArray(task, count) : nil
        }
    }
}

/// One connection to Redis, driven by our loop through hiredis' asynchronous interface.
///
/// Loop only. Answers come in the order of the questions; when the connection is lost, each open question is answered
/// with nil and then `whenLost` is told, once. So it is when the server sends what nobody asked for: no answer can be told
/// from another then, and hiredis aborts on a reply that no question waits for (`redisProcessCallbacks`, async.c).
final class RedisLink: Watcher {
    private let loop: EventLoop
    private var context: UnsafeMutablePointer<redisAsyncContext>?
    private var number: Int32 = -1
    private var reads = false
    private var writes = false
    private var isClosing = false
    private var isConnected = false
    /// What is asked goes out at the end of this turn.
    private var isScheduled = false
    private var isFlushing = false
    /// Answers that came.
    private var heard = 0
    /// Questions without an answer, and the last of them that are not on their way yet.
    private var open = 0
    private var unsent = 0
    /// Why we gave it up ourselves.
    private var fault: String?
    private static let unasked = "it sent a reply that nobody asked for"
    private var whenReady: (() -> Void)?
    private var whenLost: ((_ reason: String) -> Void)?

    private final class Question {
        let answer: (RedisReply?) -> Void
        init(_ answer: @escaping (RedisReply?) -> Void) { self.answer = answer }
    }

    init(loop: EventLoop) { self.loop = loop }

    /// Connects to a numeric address; false, with nothing told, when that cannot even begin.
    func connect(_ host: String, _ port: Int, ready: @escaping () -> Void, lost: @escaping (String) -> Void) -> Bool {
        guard let made = redisAsyncConnect(host, Int32(port)) else { return false }
        guard made.pointee.err == 0 else {
            redisAsyncFree(made)
            return false
        }
        context = made
        made.pointee.c.reader.pointee.fn = ReplyMakers.shared.functions
        number = made.pointee.c.fd
        (whenReady, whenLost) = (ready, lost)
        // hiredis holds us until it frees the context.
        let own = Unmanaged.passRetained(self).toOpaque()
        made.pointee.data = own
        made.pointee.ev.data = own
        made.pointee.ev.addRead = { RedisLink.of($0)?.wants(read: true) }
        made.pointee.ev.delRead = { RedisLink.of($0)?.wants(read: false) }
        made.pointee.ev.addWrite = { RedisLink.of($0)?.wants(write: true) }
        made.pointee.ev.delWrite = { RedisLink.of($0)?.wants(write: false) }
        made.pointee.ev.cleanup = { RedisLink.of($0)?.ended() }
        redisAsyncSetConnectCallback(made) { context, status in
            guard status == REDIS_OK, let link = RedisLink.of(context?.pointee.data) else { return }
            link.isConnected = true
            let ready = link.whenReady.take()
            ready?()
        }
        return true
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> RedisLink? {
        pointer.map { Unmanaged<RedisLink>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Asks; false when the connection takes nothing more, and `answer` is never called then.
    ///
    /// * `last`: a word behind the others that need not be text.
    func ask(_ words: [String], last: [UInt8]? = nil, _ answer: @escaping (RedisReply?) -> Void) -> Bool {
        guard let context, !isClosing else { return false }
        let question = Unmanaged.passRetained(Question(answer)).toOpaque()
        var bytes: [CChar] = []
        var lengths: [Int] = []
        for word in words {
            lengths.append(word.utf8.count)
            bytes.append(contentsOf: word.utf8.map { CChar(bitPattern: $0) })
        }
        if let last {
            lengths.append(last.count)
            last.withUnsafeBytes { bytes.append(contentsOf: $0.bindMemory(to: CChar.self)) }
        }
        let result = bytes.withUnsafeBufferPointer { all in
            var start = 0
            var places: [UnsafePointer<CChar>?] = []
            for length in lengths {
                places.append(all.baseAddress.map { $0 + start })
                start += length
            }
            return redisAsyncCommandArgv(
                context,
                { context, reply, question in
                    guard let question else { return }
                    let asked = Unmanaged<Question>.fromOpaque(question).takeRetainedValue()
                    guard let link = RedisLink.of(context?.pointee.data) else { return asked.answer(nil) }
                    link.answered(asked, reply.map { RedisReply($0.assumingMemoryBound(to: redisReply.self)) })
                },
                question,
                Int32(lengths.count),
                &places,
                lengths
            )
        }
        guard result == REDIS_OK else {
            Unmanaged<Question>.fromOpaque(question).release()
            return false
        }
        open += 1
        unsent += 1
        return true
    }

    private func answered(_ question: Question, _ reply: RedisReply?) {
        let wasSent = open > unsent
        open -= 1
        if !wasSent { unsent -= 1 }
        guard let reply, let context, !isClosing else { return question.answer(nil) }
        heard += 1
        // Where nobody else waits nothing may be left.
        let isLast = open == unsent
        if wasSent, !reply.isNews, !isLast || context.pointee.c.reader.map({ $0.pointee.pos == $0.pointee.len }) == true
        {
            return question.answer(reply)
        }
        // hiredis looks no further then.
        if !wasSent, case .error(let sentence) = reply { giveUp(sentence) } else { giveUp(RedisLink.unasked) }
        question.answer(nil)
    }

    private func giveUp(_ reason: String) {
        guard let context, !isClosing else { return }
        isClosing = true
        whenReady = nil
        fault = reason
        redisAsyncFree(context)
    }

    /// Lets go of the connection; what is open is answered with nil.
    func close() {
        guard let context, !isClosing else { return }
        isClosing = true
        whenReady = nil
        whenLost = nil
        redisAsyncFree(context)
    }

    /// Takes what has come, without waiting for the poller to say so.
    ///
    /// A loop with more to do than one turn takes sees each connection only now and then. Not from within an answer.
    func read() {
        withExtendedLifetime(self) {
            guard isConnected else { return }
            var before = heard - 1
            // A read takes 16 KiB, which is more than a hundred answers.
            while let context, heard > before {
                before = heard
                take(context)
            }
        }
    }

    private func take(_ context: UnsafeMutablePointer<redisAsyncContext>) {
        if open == unsent {
            var byte: UInt8 = 0
            let isRefusal = UInt8(ascii: "-")
            switch withUnsafeMutableBytes(of: &byte, { Kernel.receive(number, into: $0, peek: true) }) {
            // Too many are connected, say: hiredis ends the connection with that sentence.
            case .moved where byte == isRefusal: break
            case .moved: return giveUp(RedisLink.unasked)
            case .wouldBlock: return
            case .ended, .failed: break
            }
        }
        redisAsyncHandleRead(context)
    }

    private func write(_ context: UnsafeMutablePointer<redisAsyncContext>) {
        redisAsyncHandleWrite(context)
        unsent = 0
    }

    // MARK: hiredis' wishes

    private func wants(read: Bool? = nil, write: Bool? = nil) {
        if write == true, isConnected, !isFlushing, !writes {
            // All questions of a turn go out together.
            if !isScheduled {
                isScheduled = true
                loop.again(self)
            }
            return
        }
        let (reads, writes) = (read ?? self.reads, write ?? self.writes)
        guard reads != self.reads || writes != self.writes else { return }
        (self.reads, self.writes) = (reads, writes)
        _ = loop.watchLevel(number, self, read: reads, write: writes)
    }

    override func resumed() {
        isScheduled = false
        withExtendedLifetime(self) {
            guard let context else { return }
            isFlushing = true
            write(context)
            isFlushing = false
            read()
        }
    }

    override func ready(_ readiness: Readiness) {
        // We outlive what our owner does in answers.
        withExtendedLifetime(self) {
            if let context, !readiness.isDisjoint(with: [.readable, .broken]) {
                // Whether it is connected, only hiredis may ask the socket.
                if isConnected || !readiness.contains(.broken) { take(context) } else { redisAsyncHandleRead(context) }
            }
            if let context, writes, !readiness.isDisjoint(with: [.writable, .broken]) {
                write(context)
            }
        }
    }

    /// hiredis frees the context next, and closes its descriptor.
    private func ended() {
        guard let context else { return }
        let error = String(cString: withUnsafePointer(to: &context.pointee.c.errstr.0) { $0 })
        self.context = nil
        isClosing = true
        loop.forget(self, number, closing: true)
        let lost = whenLost.take()
        whenLost = nil
        lost?(fault ?? (error.isEmpty ? "the connection ended" : error))
        Unmanaged.passUnretained(self).release()
    }
}
