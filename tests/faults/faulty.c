/* A disk that fails, or a process that ends, at one chosen call of the system that changes a file.

Loaded before a program (LD_PRELOAD), it stands between it and the system's own functions, those that
pyarrow calls too. Calls on paths below one folder are counted; at one of them the process is killed,
or the call gives an error. Linux with glibc. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { COUNT, KILL, FAIL, FULL }; /* FULL: no call that takes room succeeds from there on */

static char below[4096];
static int kind, is_armed, is_full;
static long at, seen;
static char last[64 + 4096];
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

/* From now on calls on paths below `folder` count; call number `number` (from 1) meets `what`. */
void faulty_arm(const char *folder, int what, long number) {
  snprintf(below, sizeof below, "%s", folder);
  kind = what, at = number, seen = 0, is_full = 0, last[0] = 0, is_armed = 1;
}

/* Ends the faults; how many calls were counted. */
long faulty_end(void) {
  is_armed = 0;
  return seen;
}

/* The call that met the fault. */
const char *faulty_last(void) { return last; }

static int is_below(int folder, const char *path) {
  char whole[8192], base[4096];
  if (!is_armed || !path) return 0;
  if (path[0] != '/') {
    if (folder == AT_FDCWD) {
      if (!getcwd(base, sizeof base)) return 0;
    } else {
      char link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
      ssize_t n = readlink(link, base, sizeof base - 1);
      if (n < 0) return 0;
      base[n] = 0;
    }
    snprintf(whole, sizeof whole, "%s/%s", base, path);
    path = whole;
  }
  return strncmp(path, below, strlen(below)) == 0;
}

static int is_open_below(int number) {
  char link[64], path[4096];
  if (!is_armed) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", number);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 0) return 0;
  path[n] = 0;
  return strncmp(path, below, strlen(below)) == 0;
}

/* Counts a call; the error that it is to give, or 0. A kill ends the process here. */
static int meet(const char *name, const char *path, int takes_room) {
  int error = 0;
  pthread_mutex_lock(&one);
  seen++;
  if (seen == at) {
    snprintf(last, sizeof last, "%s %s", name, path ? path : "");
    if (kind == KILL) kill(getpid(), SIGKILL), pause();
    if (kind == FAIL) error = EIO;
    if (kind == FULL) is_full = 1;
  }
  if (is_full && takes_room) {
    error = ENOSPC;
    if (!last[0]) snprintf(last, sizeof last, "%s %s", name, path ? path : "");
  }
  pthread_mutex_unlock(&one);
  return error;
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define TRY(condition, name, path, takes_room)                \
  do {                                                        \
    int error = (condition) ? meet(name, path, takes_room) : 0; \
    if (error) return errno = error, -1;                      \
  } while (0)

static int makes(int flags) { return (flags & O_CREAT) || (flags & O_TRUNC); }

#define OPEN(name)                                                      \
  int name(const char *path, int flags, ...) {                          \
    REAL(name);                                                         \
    va_list rest;                                                       \
    va_start(rest, flags);                                              \
    mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;         \
    va_end(rest);                                                       \
    TRY(makes(flags) && is_below(AT_FDCWD, path), #name, path, 1);      \
    return real(path, flags, mode);                                     \
  }
#define OPENAT(name)                                                    \
  int name(int folder, const char *path, int flags, ...) {              \
    REAL(name);                                                         \
    va_list rest;                                                       \
    va_start(rest, flags);                                              \
    mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;         \
    va_end(rest);                                                       \
    TRY(makes(flags) && is_below(folder, path), #name, path, 1);        \
    return real(folder, path, flags, mode);                             \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/* A write that is cut short: half of it is on the disk when the fault comes. */
static void half(int number, const void *content, size_t size, off_t place) {
  ssize_t (*put)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  ssize_t (*put_at)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
  ssize_t ignored = place < 0 ? put(number, content, size / 2)
                              : put_at(number, content, size / 2, place);
  (void)ignored;
}

ssize_t write(int number, const void *content, size_t size) {
  REAL(write);
  if (is_open_below(number)) {
    if (is_armed && seen + 1 == at && kind != COUNT) half(number, content, size, -1);
    TRY(1, "write", 0, 1);
  }
  return real(number, content, size);
}
ssize_t pwrite(int number, const void *content, size_t size, off_t place) {
  REAL(pwrite);
  if (is_open_below(number)) {
    if (is_armed && seen + 1 == at && kind != COUNT) half(number, content, size, place);
    TRY(1, "pwrite", 0, 1);
  }
  return real(number, content, size, place);
}
ssize_t writev(int number, const struct iovec *parts, int n) {
  REAL(writev);
  TRY(is_open_below(number), "writev", 0, 1);
  return real(number, parts, n);
}
ssize_t sendfile(int out, int in, off_t *place, size_t size);
ssize_t sendfile(int out, int in, off_t *place, size_t size) {
  REAL(sendfile);
  TRY(is_open_below(out), "sendfile", 0, 1);
  return real(out, in, place, size);
}
ssize_t sendfile64(int out, int in, off_t *place, size_t size);
ssize_t sendfile64(int out, int in, off_t *place, size_t size) {
  REAL(sendfile64);
  TRY(is_open_below(out), "sendfile", 0, 1);
  return real(out, in, place, size);
}
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
  REAL(copy_file_range);
  TRY(is_open_below(out), "copy_file_range", 0, 1);
  return real(in, from, out, to, size, flags);
}
int ftruncate(int number, off_t size) {
  REAL(ftruncate);
  TRY(is_open_below(number), "ftruncate", 0, 1);
  return real(number, size);
}
int fsync(int number) {
  REAL(fsync);
  TRY(is_open_below(number), "fsync", 0, 1);
  return real(number);
}
int fchmod(int number, mode_t mode) {
  REAL(fchmod);
  TRY(is_open_below(number), "fchmod", 0, 0);
  return real(number, mode);
}
int chmod(const char *path, mode_t mode) {
  REAL(chmod);
  TRY(is_below(AT_FDCWD, path), "chmod", path, 0);
  return real(path, mode);
}
int fchmodat(int folder, const char *path, mode_t mode, int flags) {
  REAL(fchmodat);
  TRY(is_below(folder, path), "fchmodat", path, 0);
  return real(folder, path, mode, flags);
}
int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  TRY(is_below(AT_FDCWD, path), "mkdir", path, 1);
  return real(path, mode);
}
int rename(const char *from, const char *to) {
  REAL(rename);
  TRY(is_below(AT_FDCWD, to), "rename", to, 0);
  return real(from, to);
}
int link(const char *from, const char *to) {
  REAL(link);
  TRY(is_below(AT_FDCWD, to), "link", to, 1);
  return real(from, to);
}
int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  REAL(linkat);
  TRY(is_below(to_folder, to), "linkat", to, 1);
  return real(from_folder, from, to_folder, to, flags);
}
int unlink(const char *path) {
  REAL(unlink);
  TRY(is_below(AT_FDCWD, path), "unlink", path, 0);
  return real(path);
}
int unlinkat(int folder, const char *path, int flags) {
  REAL(unlinkat);
  TRY(is_below(folder, path), "unlinkat", path, 0);
  return real(folder, path, flags);
}
int rmdir(const char *path) {
  REAL(rmdir);
  TRY(is_below(AT_FDCWD, path), "rmdir", path, 0);
  return real(path);
}
