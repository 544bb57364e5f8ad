/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

torsh_status_t torsh__source_open(torsh__source_t *s, const char *path)
{
    /* O_NONBLOCK: a pipe without a writer would hold us here */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return torsh__fail(TORSH_ERR_IO, "cannot be opened: %s", strerror(why));
    }
    if (!S_ISREG(st.st_mode)) {
        close(fd);
        return torsh__fail(TORSH_ERR_IO, "is %s, not a file",
                           S_ISDIR(st.st_mode) ? "a directory" : "a device or a pipe");
    }
    *s = (torsh__source_t){.fd = fd, .bytes = st.st_size};
    return TORSH_OK;
}

torsh_status_t torsh__source_memory(torsh__source_t *s, const void *data, size_t bytes)
{
    if (!data && bytes)
        return torsh__fail(TORSH_ERR_NULL, "the data is NULL");
    if (bytes > INT64_MAX)
        return torsh__fail(TORSH_ERR_VALUE, "%zu bytes are more than a buffer can have", bytes);
    *s = (torsh__source_t){.data = data ? data : (const uint8_t *)"", .fd = -1, .bytes = (int64_t)bytes};
    return TORSH_OK;
}

void torsh__source_close(torsh__source_t *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

torsh_status_t torsh__source_read(const torsh__source_t *s, int64_t offset, void *to, int64_t bytes)
{
    if (offset < 0 || bytes < 0 || offset > s->bytes || bytes > s->bytes - offset)
        return torsh__fail(TORSH_ERR_IO,
                           "is truncated: %" PRId64 " bytes are needed at byte %" PRId64
                           ", and it ends at byte %" PRId64,
                           bytes, offset, s->bytes);
    if (s->data) {
        if (bytes)
            memcpy(to, s->data + offset, (size_t)bytes);
        return TORSH_OK;
    }
    uint8_t *p = to;
    while (bytes > 0) {
        ssize_t n = pread(s->fd, p, bytes > 1 << 30 ? 1 << 30 : (size_t)bytes, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return torsh__fail(TORSH_ERR_IO, "cannot be read at byte %" PRId64 ": %s", offset,
                               strerror(errno));
        if (n == 0)
            return torsh__fail(TORSH_ERR_IO, "ends at byte %" PRId64 ": it became shorter while it was read",
                               offset);
        p += n;
        offset += n;
        bytes -= n;
    }
    return TORSH_OK;
}
