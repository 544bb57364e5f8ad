/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELD_BYTES (256 << 10)

static char *copy_text(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = torsh__alloc(bytes);
    if (copy)
        memcpy(copy, text, bytes);
    return copy;
}

/* Makes DIR/.NAME.<random>.tmp; the kernel applies the umask, which mkstemp would not. */
static torsh_status_t open_beside(torsh__sink_t *s)
{
    const char *slash = strrchr(s->target, '/'), *name = slash ? slash + 1 : s->target;
    if (!*name)
        return torsh__fail(TORSH_ERR_IO, "cannot be written: %s", strerror(*s->target ? EISDIR : ENOENT));
    size_t bytes = strlen(s->target) + 32;
    s->temp = torsh__alloc(bytes);
    if (!s->temp)
        return TORSH_ERR_MEMORY;
    for (int i = 0; i < 100; i++) {
        uint32_t random = (uint32_t)getpid() + (uint32_t)i;
        if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
            random += (uint32_t)(uintptr_t)s;
        /* a name has at most 255 bytes, most of which a long one has used up */
        snprintf(s->temp, bytes, "%.*s.%.200s.%08x.tmp", (int)(name - s->target), s->target, name, random);
        s->fd = open(s->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (s->fd >= 0)
            return TORSH_OK;
        if (errno != EEXIST)
            break;
    }
    int why = errno;
    torsh__free(s->temp);
    s->temp = NULL;
    return torsh__fail(TORSH_ERR_IO, "cannot be written: %s", strerror(why));
}

torsh_status_t torsh__sink_open(torsh__sink_t *s, const char *path)
{
    *s = (torsh__sink_t){.fd = -1};
    struct stat st;
    bool exists = stat(path, &st) == 0;
    char *real = exists ? realpath(path, NULL) : NULL;
    s->target = copy_text(real ? real : path);
    free(real);
    if (!s->target)
        return TORSH_ERR_MEMORY;
    if (exists && S_ISDIR(st.st_mode))
        return torsh__fail(TORSH_ERR_IO, "cannot be written: %s", strerror(EISDIR));
    if (exists && !S_ISREG(st.st_mode)) {
        s->fd = open(path, O_WRONLY | O_CLOEXEC);
        return s->fd >= 0 ? TORSH_OK : torsh__fail(TORSH_ERR_IO, "cannot be written: %s", strerror(errno));
    }
    if (exists && access(path, W_OK) != 0)
        return torsh__fail(TORSH_ERR_IO, "cannot be written: %s", strerror(errno));
    TRY(open_beside(s));
    if (exists && fchmod(s->fd, st.st_mode & 07777) != 0)
        return torsh__fail(TORSH_ERR_IO, "cannot be given the old file's mode: %s", strerror(errno));
    return TORSH_OK;
}

void torsh__sink_memory(torsh__sink_t *s)
{
    *s = (torsh__sink_t){.fd = -1};
}

static torsh_status_t write_out(torsh__sink_t *s, const uint8_t *p, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(s->fd, p, bytes > 1 << 30 ? 1 << 30 : bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return torsh__fail(TORSH_ERR_IO, "cannot be written: %s", strerror(errno));
        p += n;
        bytes -= (size_t)n;
    }
    return TORSH_OK;
}

static torsh_status_t flush(torsh__sink_t *s)
{
    size_t n = s->held.n;
    s->held.n = 0;
    return write_out(s, s->held.data, n);
}

torsh_status_t torsh__sink_write(torsh__sink_t *s, const void *data, int64_t bytes)
{
    s->position += bytes;
    if (s->fd >= 0 && s->held.n + (size_t)bytes > HELD_BYTES) {
        TRY(flush(s));
        if (bytes >= HELD_BYTES)
            return write_out(s, data, (size_t)bytes);
    }
    torsh__bytes_add(&s->held, data, (size_t)bytes);
    return s->held.status;
}

torsh_status_t torsh__sink_commit(torsh__sink_t *s)
{
    if (s->fd < 0)
        return TORSH_OK;
    TRY(flush(s));
    /* a device or pipe has nothing to sync */
    if (s->temp && fsync(s->fd) != 0)
        return torsh__fail(TORSH_ERR_IO, "cannot be brought to disk: %s", strerror(errno));
    int failed = close(s->fd), why = errno;
    s->fd = -1;
    if (failed)
        return torsh__fail(TORSH_ERR_IO, "cannot be written: %s", strerror(why));
    if (!s->temp)
        return TORSH_OK;
    if (rename(s->temp, s->target) != 0)
        return torsh__fail(TORSH_ERR_IO, "cannot be given its name: %s", strerror(errno));
    torsh__free(s->temp);
    s->temp = NULL;
    return TORSH_OK;
}

void torsh__sink_close(torsh__sink_t *s)
{
    if (s->fd >= 0)
        close(s->fd);
    if (s->temp)
        unlink(s->temp);
    torsh__free(s->temp);
    torsh__free(s->target);
    torsh__bytes_free(&s->held);
    *s = (torsh__sink_t){.fd = -1};
}
