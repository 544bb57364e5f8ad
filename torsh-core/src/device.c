/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <torsh/impl/core.h>

static const char *const kind_names[TORSH_DEVICE_KINDS] = {
    [TORSH_CPU] = "cpu", [TORSH_CUDA] = "cuda", [TORSH_VULKAN] = "vulkan", [TORSH_META] = "meta"};

/* kinds that PyTorch programs ask for and that no backend of ours serves */
static const char *const not_built[] = {"metal", "mps", "wgpu"};

enum { MAX_INDEX = 127 }; /* PyTorch keeps the index in eight bits */

static bool equals(const char *text, size_t bytes, const char *name)
{
    return strlen(name) == bytes && memcmp(text, name, bytes) == 0;
}

/* Reads what follows the colon: digits alone, without leading zeros; -1 if it is no index. */
static int32_t parse_index(const char *text)
{
    if (*text == 0 || (text[0] == '0' && text[1] != 0))
        return -1;
    int32_t index = 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        index = index * 10 + (*text - '0');
        if (index > MAX_INDEX)
            return -1;
    }
    return index;
}

torsh_status_t torsh_device_parse(const char *text, torsh_device_t *device)
{
    if (!text || !device)
        return torsh__fail(TORSH_ERR_NULL, "torsh_device_parse: %s is NULL", text ? "device" : "text");
    if (!*text)
        return torsh__fail(TORSH_ERR_VALUE, "Device string must not be empty");

    size_t bytes = strcspn(text, ":");
    int32_t index = -1;
    if (text[bytes] == ':') {
        index = parse_index(text + bytes + 1);
        if (index < 0)
            return torsh__fail(TORSH_ERR_VALUE,
                               "Invalid device string: '%s'; an index is a number from 0 to %d", text,
                               MAX_INDEX);
    }
    for (int32_t kind = 0; kind < TORSH_DEVICE_KINDS; kind++)
        if (equals(text, bytes, kind_names[kind])) {
            *device = (torsh_device_t){kind, index};
            return TORSH_OK;
        }
    for (size_t i = 0; i < sizeof not_built / sizeof not_built[0]; i++)
        if (equals(text, bytes, not_built[i]))
            return torsh__fail(TORSH_ERR_DEVICE, "%s is not built; cpu, cuda, vulkan and meta are", text);
    return torsh__fail(TORSH_ERR_VALUE,
                       "Expected one of cpu, cuda, vulkan, meta device type at start of device string: %s",
                       text);
}

char *torsh_device_name(torsh_device_t device, char *text)
{
    enum { NAME_BYTES = 24 };
    if (!text) {
        torsh__fail(TORSH_ERR_NULL, "device_name: text is NULL");
        return NULL;
    }
    bool known = device.kind >= 0 && device.kind < TORSH_DEVICE_KINDS;
    const char *name = known ? kind_names[device.kind] : "device?";
    /* the first cpu and meta device are all there are: PyTorch's tensors show them without an index */
    bool lone = device.kind == TORSH_CPU || device.kind == TORSH_META;
    if (device.index < 0 || (lone && device.index == 0))
        snprintf(text, NAME_BYTES, "%s", name);
    else
        snprintf(text, NAME_BYTES, "%s:%" PRId32, name, device.index);
    return text;
}
