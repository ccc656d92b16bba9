import CCurl
import Loop

// The only file that sees libcurl. C types end here: what leaves it are Swift values and errors in words.

/// What libcurl says went wrong with a connection or a side call.
package struct CurlFault: Error, Equatable, Sendable {
    /// The CURLcode (https://curl.se/libcurl/c/libcurl-errors.html).
    package let code: UInt32
    /// libcurl's sentence for it.
    package let reason: String
    /// It was this process that had no file descriptor left: nothing is said about the other side.
    package let isOwnShortage: Bool

    init(_ code: CURLcode, detail: String = "") {
        self.code = code.rawValue
        isOwnShortage = false
        let text = String(cString: curl_easy_strerror(code))
        reason = detail.isEmpty ? text : detail
    }

    private init(reason: String, isOwnShortage: Bool) {
        code = 0
        self.reason = reason
        self.isOwnShortage = isOwnShortage
    }

    /// The process may open no more files.
    static let noDescriptor = CurlFault(reason: "this proxy has no file descriptor left", isOwnShortage: true)

    /// True when time ran out, as opposed to a refusal.
    package var isTimeout: Bool { code == CURLE_OPERATION_TIMEDOUT.rawValue }

    /// A fault of our own finding, in the same form.
    package static func local(_ reason: String) -> CurlFault {
        CurlFault(reason: reason, isOwnShortage: false)
    }
}

/// What a connection needs to be told before libcurl opens it.
package struct CurlTarget: Sendable {
    package var url: String
    package var unixPath: String?
    package var connectTo: String?
    package var bypassesProxy = false
    package var caPath: String?
    /// How long ago `caPath` may have been read for this connection; nil leaves that to libcurl.
    package var caAgeSeconds: Int?
    package var pins: String?
    package var certificatePath: String?
    package var keyPath: String?
    package var isTLS13Required = false
    package var isVerified = true
    package init(url: String) { self.url = url }
}

/// One libcurl easy handle, owned: a connection being opened, a TLS connection in use, or a side call.
///
/// Loop only. Ended by `end()` or with its last reference.
package final class CurlHandle {
    fileprivate let easy: UnsafeMutableRawPointer
    fileprivate let multi: CurlMulti
    fileprivate var isAdded = false
    fileprivate var headers: UnsafeMutablePointer<curl_slist>?
    fileprivate var connectList: UnsafeMutablePointer<curl_slist>?
    fileprivate let errorText: UnsafeMutablePointer<CChar>
    /// Told once, when the connection stands or the call has ended.
    package var whenDone: ((CurlFault?) -> Void)?
    /// Bytes of a side call's body, up to `bodyLimit`.
    package private(set) var body: [UInt8] = []
    private let bodyLimit: Int
    /// The kernel refused a socket because the process has too many.
    private var lacksDescriptor = false

    fileprivate init?(multi: CurlMulti, target: CurlTarget, bodyLimit: Int) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.multi = multi
        self.bodyLimit = bodyLimit
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        apply(target)
    }

    private func apply(_ target: CurlTarget) {
        _ = ccurl_set_pointer(easy, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
        _ = ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        _ = ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        setSocketOpener()
        _ = ccurl_set_text(easy, CURLOPT_URL, target.url)
        _ = ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        _ = ccurl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        _ = ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        _ = ccurl_set_long(easy, CURLOPT_TCP_NODELAY, 1)
        if target.bypassesProxy {
            _ = ccurl_set_text(easy, CURLOPT_NOPROXY, "*")
        } else {
            // A proxy from the environment must only tunnel: we speak to the upstream itself.
            _ = ccurl_set_long(easy, CURLOPT_HTTPPROXYTUNNEL, 1)
        }
        if let path = target.unixPath { _ = ccurl_set_text(easy, CURLOPT_UNIX_SOCKET_PATH, path) }
        if let entry = target.connectTo {
            connectList = curl_slist_append(nil, entry)
            _ = ccurl_set_pointer(easy, CURLOPT_CONNECT_TO, connectList)
        }
        if let path = target.caPath { _ = ccurl_set_text(easy, CURLOPT_CAINFO, path) }
        if let seconds = target.caAgeSeconds { _ = ccurl_set_long(easy, CURLOPT_CA_CACHE_TIMEOUT, seconds) }
        if target.caPath != nil || target.certificatePath != nil {
            // A session taken up again is not checked against certificates that have changed since.
            _ = ccurl_set_long(easy, CURLOPT_SSL_SESSIONID_CACHE, 0)
        }
        if let pins = target.pins { _ = ccurl_set_text(easy, CURLOPT_PINNEDPUBLICKEY, pins) }
        if let path = target.certificatePath { _ = ccurl_set_text(easy, CURLOPT_SSLCERT, path) }
        if let path = target.keyPath { _ = ccurl_set_text(easy, CURLOPT_SSLKEY, path) }
        let lowest = target.isTLS13Required ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2
        _ = ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(lowest))
        if !target.isVerified {
            _ = ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
            _ = ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
    }

    /// Opens sockets as libcurl would, but keeps the reason when there is none: libcurl reports no more than a failure
    /// to connect.
    private func setSocketOpener() {
        let open: ccurl_open_socket = { user, _, address in
            guard let user, let address else { return -1 }
            let number = Kernel.openSocket(
                family: address.pointee.family,
                type: address.pointee.socktype,
                protocol: address.pointee.protocol
            )
            guard number < 0 else { return number }
            let handle = Unmanaged<CurlHandle>.fromOpaque(user).takeUnretainedValue()
            handle.lacksDescriptor = handle.lacksDescriptor || Kernel.isShortOfDescriptors
            return -1
        }
        _ = ccurl_set_open_socket(easy, open, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Asks libcurl to connect and shake hands, and to stop there.
    package func connectOnly(timeoutMilliseconds: Int) {
        _ = ccurl_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
        _ = ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, timeoutMilliseconds)
    }

    /// Makes it an ordinary GET whose body is collected.
    package func get(timeoutMilliseconds: Int, headerLines: [String]) {
        _ = ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, timeoutMilliseconds)
        _ = ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, timeoutMilliseconds)
        for line in headerLines { headers = curl_slist_append(headers, line) }
        _ = ccurl_set_headers(easy, headers)
        let collect: ccurl_write = { bytes, size, count, user in
            guard let bytes, let user else { return 0 }
            return Unmanaged<CurlHandle>.fromOpaque(user).takeUnretainedValue().collect(bytes, size * count)
        }
        _ = ccurl_set_write(easy, collect, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Makes it a request with a body and these fields, whose answer is collected as it comes.
    ///
    /// `whenBody` is told after each piece and must not end the handle; `takeBody` empties what was collected.
    package func ask(_ method: String, _ content: [UInt8]?, timeoutMilliseconds: Int, headerLines: [String]) {
        if let content {
            _ = ccurl_set_long(easy, CURLOPT_POSTFIELDSIZE, content.count)
            content.withUnsafeBytes { _ = ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
        }
        _ = ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, method)
        // Small answers of one server come on one connection; nothing is compressed.
        get(timeoutMilliseconds: timeoutMilliseconds, headerLines: headerLines + ["expect:"])
        let note: ccurl_write = { bytes, size, count, user in
            guard let bytes, let user else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            Unmanaged<CurlHandle>.fromOpaque(user).takeUnretainedValue().noteHeadLine(line)
            return size * count
        }
        _ = ccurl_set_head_lines(easy, note, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Told after each piece of an answer's body.
    package var whenBody: (() -> Void)?
    /// Lines of the answer's head, as they came: of the last answer, when there were several.
    package private(set) var headLines: [String] = []
    private static let headLineLimit = 200

    private func noteHeadLine(_ line: UnsafeRawBufferPointer) {
        if line.starts(with: "HTTP/".utf8) { headLines = [] }
        guard headLines.count < CurlHandle.headLineLimit else { return }
        headLines.append(String(decoding: line, as: UTF8.self))
    }

    /// What was collected since it was last asked for.
    package func takeBody() -> [UInt8] {
        let taken = body
        body = []
        return taken
    }

    private func collect(_ bytes: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        guard body.count + count <= bodyLimit else { return 0 }
        body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        whenBody?()
        return count
    }

    /// The HTTP status of a finished side call, 0 when there was none.
    package var status: Int {
        var value = 0
        _ = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &value)
        return value
    }

    /// The connected socket's number; libcurl still owns it.
    ///
    /// Nil when there is none.
    package var activeSocket: Int32? {
        var number: curl_socket_t = -1
        guard ccurl_get_socket(easy, &number) == CURLE_OK, number >= 0 else { return nil }
        return number
    }

    /// The peer's address as text; empty for a unix socket.
    package var peerAddress: String {
        var text: UnsafePointer<CChar>?
        guard ccurl_get_text(easy, CURLINFO_PRIMARY_IP, &text) == CURLE_OK, let text else { return "" }
        return String(cString: text)
    }

    /// Reads decrypted bytes (`curl_easy_recv`).
    package func receive(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        var count = 0
        switch curl_easy_recv(easy, buffer.baseAddress, buffer.count, &count) {
        case CURLE_OK: return count > 0 ? .moved(count) : .ended
        case CURLE_AGAIN: return .wouldBlock
        default: return .failed(Kernel.brokenStream)
        }
    }

    /// Writes bytes to be encrypted (`curl_easy_send`).
    package func send(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        var count = 0
        switch curl_easy_send(easy, bytes.baseAddress, bytes.count, &count) {
        case CURLE_OK: return count > 0 ? .moved(count) : .wouldBlock
        case CURLE_AGAIN: return .wouldBlock
        default: return .failed(Kernel.brokenStream)
        }
    }

    fileprivate func finish(_ code: CURLcode) {
        let detail = String(cString: errorText)
        // The resolver may have been the one that found none.
        let isShort = code != CURLE_OK && (lacksDescriptor || Kernel.hasNoDescriptorLeft)
        let fault = isShort ? .noDescriptor : code == CURLE_OK ? nil : CurlFault(code, detail: detail)
        let done = whenDone
        whenDone = nil
        done?(fault)
    }

    /// Takes the handle out of the loop and frees it with its connection; never from within libcurl's callbacks.
    package func end() {
        whenDone = nil
        whenBody = nil
        multi.remove(self)
    }

    deinit {
        // The multi handle holds every handle that is added, so none is added here.
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
        curl_slist_free_all(connectList)
        errorText.deallocate()
    }
}

/// libcurl's multi handle, driven by our loop (`curl_multi_socket_action`).
///
/// https://curl.se/libcurl/c/libcurl-multi.html, "multi_socket". Loop only; lives as long as its loop.
package final class CurlMulti: Watcher {
    private let multi: UnsafeMutableRawPointer
    package let loop: EventLoop
    private var timer: LoopTimer?
    private var watched: [Int32: WatchedSocket] = [:]
    private var handles: [ObjectIdentifier: CurlHandle] = [:]

    /// One descriptor libcurl wants to hear about.
    private final class WatchedSocket: Watcher {
        unowned let owner: CurlMulti
        let number: Int32
        init(_ number: Int32, _ owner: CurlMulti) {
            self.number = number
            self.owner = owner
        }
        override func ready(_ readiness: Readiness) {
            var mask: Int32 = 0
            if !readiness.isDisjoint(with: [.readable, .broken]) { mask |= CURL_CSELECT_IN }
            if !readiness.isDisjoint(with: [.writable, .broken]) { mask |= CURL_CSELECT_OUT }
            owner.act(number, mask)
        }
    }

    package init(loop: EventLoop) {
        guard curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK, let multi = curl_multi_init() else {
            preconditionFailure("libcurl cannot start")
        }
        self.multi = multi
        self.loop = loop
        super.init()
        timer = LoopTimer(self)
        _ = ccurl_multi_set_callbacks(
            multi,
            { _, socket, what, user, _ in
                guard let user else { return 0 }
                Unmanaged<CurlMulti>.fromOpaque(user).takeUnretainedValue().wants(socket, what)
                return 0
            },
            { _, milliseconds, user in
                guard let user else { return 0 }
                Unmanaged<CurlMulti>.fromOpaque(user).takeUnretainedValue().wantsTimer(milliseconds)
                return 0
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    deinit { curl_multi_cleanup(multi) }

    /// Makes a handle that is not yet started; nil when memory is short.
    package func handle(_ target: CurlTarget, bodyLimit: Int = 0) -> CurlHandle? {
        CurlHandle(multi: self, target: target, bodyLimit: bodyLimit)
    }

    /// Starts a handle; `whenDone` comes from a later turn of the loop, never from within this call.
    package func start(_ handle: CurlHandle) {
        handles[ObjectIdentifier(handle)] = handle
        handle.isAdded = true
        _ = curl_multi_add_handle(multi, handle.easy)
    }

    fileprivate func remove(_ handle: CurlHandle) {
        guard handle.isAdded else { return }
        handle.isAdded = false
        _ = curl_multi_remove_handle(multi, handle.easy)
        handles[ObjectIdentifier(handle)] = nil
    }

    private func wants(_ socket: Int32, _ what: Int32) {
        if what == CURL_POLL_REMOVE {
            if let gone = watched.removeValue(forKey: socket) { loop.forget(gone, socket, closing: false) }
            return
        }
        let watcher = watched[socket] ?? WatchedSocket(socket, self)
        watched[socket] = watcher
        _ = loop.watchLevel(socket, watcher, read: what & CURL_POLL_IN != 0, write: what & CURL_POLL_OUT != 0)
    }

    private func wantsTimer(_ milliseconds: Int) {
        guard let timer else { return }
        // Never act from within libcurl: zero means "in the next turn".
        loop.set(timer, at: milliseconds < 0 ? .max : Kernel.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000)
        if milliseconds < 0 { loop.remove(timer) }
    }

    package override func timerFired(_ timer: LoopTimer) { act(CURL_SOCKET_TIMEOUT, 0) }

    private func act(_ socket: Int32, _ mask: Int32) {
        var running: Int32 = 0
        _ = curl_multi_socket_action(multi, socket, mask, &running)
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            var pointer: UnsafeMutableRawPointer?
            guard ccurl_get_pointer(easy, &pointer) == CURLE_OK, let pointer else { continue }
            Unmanaged<CurlHandle>.fromOpaque(pointer).takeUnretainedValue().finish(code)
        }
    }
}
