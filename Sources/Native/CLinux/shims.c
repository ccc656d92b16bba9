#define _GNU_SOURCE 1
#include "CLinux.h"
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const unsigned clinux_splice_move = SPLICE_F_MOVE;
const unsigned clinux_splice_nonblock = SPLICE_F_NONBLOCK;
const unsigned clinux_splice_more = SPLICE_F_MORE;

ssize_t clinux_splice(int from, int to, size_t count, unsigned flags) {
    return splice(from, NULL, to, NULL, count, flags);
}
int clinux_pipe(int ends[2]) { return pipe2(ends, O_NONBLOCK | O_CLOEXEC); }
int clinux_set_pipe_size(int descriptor, int bytes) { return fcntl(descriptor, F_SETPIPE_SZ, bytes); }
int clinux_accept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
int clinux_pin_thread(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}
int clinux_name_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }
size_t clinux_free_heap_bytes(void) { return mallinfo2().fordblks; }
int clinux_random(void *bytes, size_t count) { return getrandom(bytes, count, 0) == (ssize_t)count ? 0 : -1; }
void *clinux_find(const void *hay, size_t hay_count, const void *needle, size_t needle_count) {
    return memmem(hay, hay_count, needle, needle_count);
}
static void watched(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}
void clinux_block_signals(void) {
    sigset_t set;
    watched(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}
int clinux_wait_signal(void) {
    sigset_t set;
    watched(&set);
    int number = 0;
    while (sigwait(&set, &number) != 0) {
    }
    return number;
}
int clinux_trim_heap(void) { return malloc_trim(0); }
int clinux_spawn(char *const arguments[], char *const environment[], const int streams[3], pid_t *child) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, standard;
    sigemptyset(&none);
    sigfillset(&standard);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int fault = 0;
    for (int place = 0; place < 3 && fault == 0; place++)
        fault = posix_spawn_file_actions_adddup2(&actions, streams[place], place);
    if (fault == 0) fault = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &standard);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    if (fault == 0) fault = posix_spawnp(child, arguments[0], &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return fault;
}
int clinux_open_process(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }
int clinux_reap(pid_t process, int *outcome) {
    siginfo_t information = {0};
    if (waitid(P_PID, process, &information, WEXITED | WNOHANG | WNOWAIT) != 0 || information.si_pid != process) return 0;
    // Until it is reaped its number cannot be another's: the last moment to end what it left behind.
    kill(-process, SIGTERM);
    int status = 0;
    if (waitpid(process, &status, WNOHANG) != process) return 0;
    *outcome = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    return 1;
}
int clinux_signal_group(pid_t leader, int number) { return kill(-leader, number); }
int clinux_set_blocking(int descriptor) {
    return fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
}
