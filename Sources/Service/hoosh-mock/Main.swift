import CLinux
import Glibc
import Loop

/// Starts the loops and waits for a signal.
@main
struct Main {
    static func main() {
        let options: Options
        do throws(Options.Mistake) {
            options = try Options(Array(CommandLine.arguments.dropFirst()))
        } catch {
            tell("hoosh-mock: \(error.text); see --help")
            exit(2)
        }
        if options.isToolServer { return StdioTools.serve() }
        if options.wantsHelp {
            let help = Array(Options.help.utf8)
            _ = write(1, help, help.count)
            return
        }
        clinux_block_signals()
        raiseDescriptorLimit()
        serve(options)
        _ = clinux_wait_signal()
        if case .unix(let path) = options.listen { _ = unlink(path) }
        // The loops still turn on their threads: nothing may be torn down below them.
        _exit(0)
    }

    private static func serve(_ asked: Options) {
        var options = asked
        do {
            let sockets = try ListeningSocket.open(options.listen, loops: options.threads)
            options.listen = sockets.address ?? options.listen
            var identity: TLSIdentity?
            if let certificate = options.certificateFile, let key = options.keyFile {
                identity = try TLSIdentity(
                    certificateFile: certificate,
                    keyFile: key,
                    clientAuthorityFile: options.clientAuthorityFile
                )
            }
            let journal = Journal(isRecording: options.isRecording, models: options.models)
            let gap = options.gapNanoseconds
            let corpus = options.corpus
            var number = 0
            while let socket = sockets.take() {
                let descriptor = socket.descriptor.duplicate()?.release() ?? -1
                _ = consume socket
                guard descriptor >= 0 else { tell("hoosh-mock: no descriptor left"); exit(1) }
                let shared = identity
                let start: @Sendable () -> Void = {
                    Worker(Descriptor(adopting: descriptor), shared, journal, gapNanoseconds: gap, corpus: corpus)
                        .run()
                }
                _ = LoopThread(name: "mock-loop-\(number)", start)
                number += 1
            }
            tell("hoosh-mock: listening on \(options.origin)")
        } catch let failure as TLSIdentity.Failure {
            tell("hoosh-mock: \(failure.text)")
            exit(1)
        } catch {
            tell("hoosh-mock: \(error)")
            exit(1)
        }
    }

    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
