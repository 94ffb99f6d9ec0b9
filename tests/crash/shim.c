/* Preloaded into a build: counts what it does to the files of one folder, and kills the process or
 * fails a call at the n-th. A shim rather than strace, whose injections count by thread, so that
 * what a writer thread does early would never be reached; this counts over the whole process, and
 * asks for no right to trace. Calls that go past the C library are not seen.
 *
 * cc -shared -fPIC -O1 -o shim.so shim.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum operation { ANY, WRITE, RENAME, FSYNC, FDATASYNC, UNLINK, FTRUNCATE, MMAP, MKDIR };
enum outcome { COUNT, KILL, FULL, BROKEN, TORN };

static const char *const NAMES[] = {"any",    "write",     "rename", "fsync", "fdatasync",
                                    "unlink", "ftruncate", "mmap",   "mkdir"};
static char root[PATH_MAX];
static size_t root_length;
static int armed, how, log_fd = -1;
static long seen, target;

/* Begin to count below `folder`, an absolute path without links. At the n-th call: nothing (COUNT),
 * SIGKILL before it (KILL), after the first half of a write (TORN), EIO once (BROKEN), or ENOSPC
 * from then on for whatever takes room (FULL). Each call is a line on `fd`, unless that is -1. */
void crash_arm(const char *folder, long at, int outcome, int fd)
{
    snprintf(root, sizeof root, "%s", folder);
    root_length = strlen(root);
    target = at;
    how = outcome;
    log_fd = fd;
    seen = 0;
    armed = 1;
}

static int below(const char *path)
{
    return strncmp(path, root, root_length) == 0 &&
           (path[root_length] == '/' || path[root_length] == '\0');
}

static int path_of(int fd, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = '\0';
    return length > 0;
}

static void path_at(int fd, const char *name, char *path)
{
    size_t length = 0;
    if (name[0] != '/' && fd != AT_FDCWD && path_of(fd, path)) {
        length = strlen(path);
        if (length < PATH_MAX - 1)
            path[length++] = '/';
    }
    snprintf(path + length, PATH_MAX - length, "%s", name);
}

/* 0: go on. 1: write half of it and die. -1: fail, errno is set. */
static int step(enum operation operation, const char *path, const char *other)
{
    if (!armed || !below(path))
        return 0;
    long number = __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);
    if (log_fd >= 0) {
        char line[2 * PATH_MAX + 64];
        int length = snprintf(line, sizeof line, "%s\t%s\t%s\n", NAMES[operation], path, other);
        syscall(SYS_write, log_fd, line, (size_t)length);
    }
    if (how == COUNT || number < target)
        return 0;
    if (how == FULL) {
        if (operation != WRITE && operation != FTRUNCATE && operation != MKDIR)
            return 0;
        errno = ENOSPC;
        return -1;
    }
    if (number != target)
        return 0;
    if (how == BROKEN) {
        errno = EIO;
        return -1;
    }
    if (how == TORN && operation == WRITE)
        return 1;
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

static int step_fd(enum operation operation, int fd)
{
    char path[PATH_MAX];
    int saved = errno;
    if (!armed || !path_of(fd, path))
        return 0;
    errno = saved;
    return step(operation, path, "");
}

static void die(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

ssize_t write(int fd, const void *data, size_t count)
{
    int found = step_fd(WRITE, fd);
    if (found < 0)
        return -1;
    if (found > 0) {
        syscall(SYS_write, fd, data, count / 2);
        die();
    }
    return syscall(SYS_write, fd, data, count);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at)
{
    int found = step_fd(WRITE, fd);
    if (found < 0)
        return -1;
    if (found > 0) {
        syscall(SYS_pwrite64, fd, data, count / 2, at);
        die();
    }
    return syscall(SYS_pwrite64, fd, data, count, at);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t at)
{
    return pwrite64(fd, data, count, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    int found = step_fd(WRITE, fd);
    if (found < 0)
        return -1;
    if (found > 0) {
        syscall(SYS_writev, fd, parts, count / 2);
        die();
    }
    return syscall(SYS_writev, fd, parts, count);
}

int fsync(int fd) { return step_fd(FSYNC, fd) < 0 ? -1 : (int)syscall(SYS_fsync, fd); }

int fdatasync(int fd) { return step_fd(FDATASYNC, fd) < 0 ? -1 : (int)syscall(SYS_fdatasync, fd); }

int ftruncate64(int fd, off64_t length)
{
    return step_fd(FTRUNCATE, fd) < 0 ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int renameat2(int from, const char *old, int to, const char *new, unsigned int flags)
{
    char path[PATH_MAX], other[PATH_MAX];
    path_at(from, old, path);
    path_at(to, new, other);
    if (step(RENAME, path, other) < 0)
        return -1;
    return (int)syscall(SYS_renameat2, from, old, to, new, flags);
}

int renameat(int from, const char *old, int to, const char *new)
{
    return renameat2(from, old, to, new, 0);
}

int rename(const char *old, const char *new)
{
    return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

int unlinkat(int folder, const char *name, int flags)
{
    char path[PATH_MAX];
    path_at(folder, name, path);
    return step(UNLINK, path, "") < 0 ? -1 : (int)syscall(SYS_unlinkat, folder, name, flags);
}

int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }

int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

int mkdirat(int folder, const char *name, mode_t mode)
{
    char path[PATH_MAX];
    path_at(folder, name, path);
    return step(MKDIR, path, "") < 0 ? -1 : (int)syscall(SYS_mkdirat, folder, name, mode);
}

int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

void *mmap64(void *start, size_t length, int protection, int flags, int fd, off64_t at)
{
    /* Only a map that writes to its file is a step. */
    if (fd >= 0 && (protection & PROT_WRITE) && (flags & MAP_SHARED) && step_fd(MMAP, fd) < 0)
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, start, length, protection, flags, fd, at);
}

void *mmap(void *start, size_t length, int protection, int flags, int fd, off_t at)
{
    return mmap64(start, length, protection, flags, fd, at);
}
