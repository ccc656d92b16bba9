#define _GNU_SOURCE 1
#include "CLinux.h"
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
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
