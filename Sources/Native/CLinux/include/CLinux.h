// Linux calls that Swift's Glibc module does not show because they need _GNU_SOURCE. Prototypes only:
// a header that Swift reads must not define _GNU_SOURCE, or fd_set of two C modules would differ.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/types.h>

ssize_t clinux_splice(int from, int to, size_t count, unsigned flags);
extern const unsigned clinux_splice_move;
extern const unsigned clinux_splice_nonblock;
extern const unsigned clinux_splice_more;
int clinux_pipe(int ends[2]);
int clinux_set_pipe_size(int descriptor, int bytes);
int clinux_accept(int listener, struct sockaddr *address, socklen_t *length);
int clinux_pin_thread(int cpu);
int clinux_name_thread(const char *name);
/// Bytes that were freed but are kept by the allocator, whether or not their pages are still there (mallinfo(3)).
size_t clinux_free_heap_bytes(void);
int clinux_random(void *bytes, size_t count);
void *clinux_find(const void *hay, size_t hay_count, const void *needle, size_t needle_count);
/// Blocks SIGTERM, SIGINT, SIGHUP in the calling thread and those it starts; ignores SIGPIPE.
void clinux_block_signals(void);
/// Waits for one of the blocked signals and returns its number.
int clinux_wait_signal(void);
/// Returns free heap pages to the kernel.
int clinux_trim_heap(void);
/// Starts a program with these three descriptors and no others, in a process group of its own, no signal blocked or
/// ignored. Answers 0 or errno.
int clinux_spawn(char *const arguments[], char *const environment[], const int streams[3], pid_t *child);
/// A descriptor that becomes readable when the process ends; below 0 where the kernel has none.
int clinux_open_process(pid_t process);
/// 1 when the process has ended, with its exit code or, negated, its signal; 0 while it runs.
int clinux_reap(pid_t process, int *outcome);
int clinux_signal_group(pid_t leader, int number);
/// Makes reads and writes wait (the ends of a pipe that a child gets).
int clinux_set_blocking(int descriptor);
