/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The stack machine of Python's pickle module, protocols 2 to 5, with those opcodes that data needs. Nothing
 * is imported or called: a name is looked up in a closed table, and what a call makes is made here. */
#include <inttypes.h>
#include <string.h>

#include "unpickler.h"

/* ---- operands ---- */

/* The next n bytes of the pickle. */
static torsh_status_t take(torsh__unpickler_t *u, uint64_t n, const uint8_t **out)
{
    if (n > u->bytes - u->at)
        return torsh__unpickler_fail(
            u, "is truncated: %" PRIu64 " bytes should follow, and it ends at byte %zu", n, u->bytes);
    *out = u->data + u->at;
    u->at += (size_t)n;
    return TORSH_OK;
}

/* A little-endian number of 1, 2, 4 or 8 bytes. */
static torsh_status_t take_number(torsh__unpickler_t *u, size_t bytes, uint64_t *out)
{
    const uint8_t *p = NULL;
    TRY(take(u, bytes, &p));
    *out = 0;
    for (size_t i = 0; i < bytes; i++)
        *out |= (uint64_t)p[i] << 8 * i;
    return TORSH_OK;
}

/* STRING or BYTES of a length that is written in length_bytes before it. */
static torsh_status_t push_text(torsh__unpickler_t *u, int kind, size_t length_bytes)
{
    uint64_t n;
    const uint8_t *p = NULL;
    TRY(take_number(u, length_bytes, &n));
    TRY(take(u, n, &p));
    if (kind == TORSH_VALUE_STRING && torsh__utf8_valid(p, (size_t)n) != n)
        return torsh__unpickler_fail(u, "holds text that is not UTF-8");
    TRY(torsh__unpickler_charge(u, (int64_t)n));
    return torsh__unpickler_push(u, torsh__value_text(kind, p, (size_t)n));
}

static torsh_status_t push_long(torsh__unpickler_t *u, size_t length_bytes)
{
    uint64_t n, x = 0;
    const uint8_t *p = NULL;
    TRY(take_number(u, length_bytes, &n));
    TRY(take(u, n, &p));
    if (n > 8)
        return torsh__unpickler_fail(u, "holds an int of %" PRIu64 " bytes; those of 8 are the largest here",
                                     n);
    for (size_t i = 0; i < n; i++)
        x |= (uint64_t)p[i] << 8 * i;
    if (n > 0 && n < 8 && p[n - 1] & 0x80)
        x |= UINT64_MAX << 8 * n;
    return torsh__unpickler_push(u, torsh_value_new_int((int64_t)x));
}

static torsh_status_t push_double(torsh__unpickler_t *u)
{
    const uint8_t *p = NULL;
    uint64_t bits = 0;
    double x;
    TRY(take(u, 8, &p));
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | p[i];
    memcpy(&x, &bits, sizeof x);
    return torsh__unpickler_push(u, torsh_value_new_float(x));
}

/* ---- names ---- */

static torsh_status_t push_global(torsh__unpickler_t *u, const char *module, size_t module_bytes,
                                  const char *name, size_t name_bytes)
{
    const torsh__global_t *global = torsh__global_find(module, module_bytes, name, name_bytes);
    if (!global) {
        char shown_module[TORSH__SHOWN_BYTES], shown_name[TORSH__SHOWN_BYTES];
        return torsh__fail(TORSH_ERR_IO, "holds a `%s.%s` at byte %zu; only data is loaded",
                           torsh__shown(module, module_bytes, shown_module),
                           torsh__shown(name, name_bytes, shown_name), u->op_at);
    }
    if (global->meaning == TORSH__DTYPE)
        return torsh__unpickler_push(u, torsh_value_new_dtype(global->dtype));
    torsh_value_t *v = torsh__value_new(TORSH__VALUE_GLOBAL, 0);
    if (v)
        v->u.global = global;
    return torsh__unpickler_push(u, v);
}

static torsh_status_t take_line(torsh__unpickler_t *u, const char **line, size_t *bytes)
{
    const uint8_t *from = u->data + u->at, *end = memchr(from, '\n', u->bytes - u->at);
    if (!end)
        return torsh__unpickler_fail(u, "is truncated: a line should follow, and it ends at byte %zu",
                                     u->bytes);
    *line = (const char *)from;
    *bytes = (size_t)(end - from);
    u->at += *bytes + 1;
    return TORSH_OK;
}

static torsh_status_t read_global(torsh__unpickler_t *u)
{
    const char *module = NULL, *name = NULL;
    size_t module_bytes = 0, name_bytes = 0;
    TRY(take_line(u, &module, &module_bytes));
    TRY(take_line(u, &name, &name_bytes));
    return push_global(u, module, module_bytes, name, name_bytes);
}

static torsh_status_t stack_global(torsh__unpickler_t *u)
{
    torsh_value_t *name = NULL, *module = NULL;
    torsh_status_t status;
    TRY_GOTO(done, torsh__unpickler_pop(u, &name));
    TRY_GOTO(done, torsh__unpickler_pop(u, &module));
    if (name->kind != TORSH_VALUE_STRING || module->kind != TORSH_VALUE_STRING)
        TRY_GOTO(done, torsh__unpickler_fail(u, "takes a name that is not text"));
    status = push_global(u, module->text, module->u.bytes, name->text, name->u.bytes);
done:
    torsh_value_release(name);
    torsh_value_release(module);
    return status;
}

/* ---- lists, tuples, dicts ---- */

/* Makes a tuple of all from that height of the stack on. */
static torsh_status_t make_tuple(torsh__unpickler_t *u, int64_t from)
{
    torsh_value_t *tuple = torsh_value_new_tuple(TORSH_CLASS_PLAIN);
    if (!tuple)
        return TORSH_ERR_MEMORY;
    for (int64_t i = from; i < u->stack.n; i++) {
        torsh_status_t status = torsh__values_push(&tuple->u.box.items, torsh_value_retain(u->stack.v[i]));
        if (status != TORSH_OK) {
            torsh_value_release(tuple);
            return status;
        }
    }
    torsh__unpickler_cut(u, from);
    return torsh__unpickler_push(u, tuple);
}

static torsh_status_t small_tuple(torsh__unpickler_t *u, int64_t n)
{
    if (u->stack.n - torsh__unpickler_floor(u) < n)
        return torsh__unpickler_fail(u, "takes a value from an empty stack");
    return make_tuple(u, u->stack.n - n);
}

/* Moves all from that height on into the list or dict below it. */
static torsh_status_t fill(torsh__unpickler_t *u, int64_t from, int kind)
{
    torsh_value_t *box = from > torsh__unpickler_floor(u) ? u->stack.v[from - 1] : NULL;
    int64_t n = u->stack.n - from;
    if (!box || box->kind != kind)
        return torsh__unpickler_fail(u, "adds %s to %s", kind == TORSH_VALUE_LIST ? "an item" : "a pair",
                                     torsh__value_kind_name(box));
    if (kind == TORSH_VALUE_DICT && n % 2)
        return torsh__unpickler_fail(u, "adds a key without a value");
    TRY(torsh__unpickler_charge(u, n * 16));
    for (int64_t i = from; i < u->stack.n; i++) {
        torsh_value_t *item = torsh_value_retain(u->stack.v[i]);
        if (kind == TORSH_VALUE_LIST) {
            TRY(torsh__values_push(&box->u.box.items, item));
            continue;
        }
        if (!torsh__is_key(item)) {
            torsh_value_release(item);
            return torsh__unpickler_fail(u, "has %s as the key of a dict", torsh__value_kind_name(item));
        }
        TRY(torsh_value_add_pair(box, item, torsh_value_retain(u->stack.v[++i])));
    }
    torsh__unpickler_cut(u, from);
    return TORSH_OK;
}

/* BUILD: the attributes of an OrderedDict. */
static torsh_status_t build(torsh__unpickler_t *u)
{
    torsh_value_t *state, *target;
    TRY(torsh__unpickler_peek(u, 0, &state));
    TRY(torsh__unpickler_peek(u, 1, &target));
    if (target->kind != TORSH_VALUE_DICT || target->python_class != TORSH_CLASS_ORDERED_DICT ||
        state->kind != TORSH_VALUE_DICT || target == state)
        return torsh__unpickler_fail(u, "gives attributes to %s; only an OrderedDict has them here",
                                     torsh__value_kind_name(target));
    u->stack.n--;
    return torsh_value_set_attributes(target, state);
}

/* ---- the machine ---- */

static torsh_status_t check_protocol(torsh__unpickler_t *u)
{
    uint64_t protocol;
    TRY(take_number(u, 1, &protocol));
    return protocol >= 2 && protocol <= 5
               ? TORSH_OK
               : torsh__unpickler_fail(u, "is a pickle of protocol %" PRIu64 "; those of 2 to 5 are read",
                                       protocol);
}

/* Operands first, then the stack; *done after STOP. */
static torsh_status_t step(torsh__unpickler_t *u, bool *done)
{
    uint64_t x;
    int64_t height;
    const uint8_t *op = NULL;
    u->op_at = u->at;
    TRY(take(u, 1, &op));
    switch (*op) {
    case 0x80: /* PROTO */
        return check_protocol(u);
    case 0x95: /* FRAME: lengths are checked where they matter */
        return take_number(u, 8, &x);
    case '.': /* STOP */
        *done = true;
        return TORSH_OK;
    case '(': /* MARK */
        return torsh__unpickler_push_mark(u);
    case 'N': /* NONE */
        return torsh__unpickler_push(u, torsh_value_new_none());
    case 0x88: /* NEWTRUE */
    case 0x89: /* NEWFALSE */
        return torsh__unpickler_push(u, torsh_value_new_bool(*op == 0x88));
    case 'K': /* BININT1 */
    case 'M': /* BININT2 */
    case 'J': /* BININT */
        TRY(take_number(u, *op == 'K' ? 1 : *op == 'M' ? 2 : 4, &x));
        return torsh__unpickler_push(u, torsh_value_new_int(*op == 'J' ? (int32_t)x : (int64_t)x));
    case 0x8a: /* LONG1 */
    case 0x8b: /* LONG4 */
        return push_long(u, *op == 0x8a ? 1 : 4);
    case 'G': /* BINFLOAT */
        return push_double(u);
    case 0x8c: /* SHORT_BINUNICODE */
    case 'U':  /* SHORT_BINSTRING, of Python 2 */
        return push_text(u, TORSH_VALUE_STRING, 1);
    case 'X': /* BINUNICODE */
    case 'T': /* BINSTRING, of Python 2 */
        return push_text(u, TORSH_VALUE_STRING, 4);
    case 0x8d: /* BINUNICODE8 */
        return push_text(u, TORSH_VALUE_STRING, 8);
    case 'C': /* SHORT_BINBYTES */
        return push_text(u, TORSH_VALUE_BYTES, 1);
    case 'B': /* BINBYTES */
        return push_text(u, TORSH_VALUE_BYTES, 4);
    case 0x8e: /* BINBYTES8 */
        return push_text(u, TORSH_VALUE_BYTES, 8);
    case ']': /* EMPTY_LIST */
        return torsh__unpickler_push_box(u, torsh_value_new_list());
    case '}': /* EMPTY_DICT */
        return torsh__unpickler_push_box(u, torsh_value_new_dict(TORSH_CLASS_PLAIN));
    case ')': /* EMPTY_TUPLE */
        return torsh__unpickler_push(u, torsh_value_new_tuple(TORSH_CLASS_PLAIN));
    case 0x85: /* TUPLE1 */
    case 0x86: /* TUPLE2 */
    case 0x87: /* TUPLE3 */
        return small_tuple(u, *op - 0x84);
    case 't': /* TUPLE */
        TRY(torsh__unpickler_pop_mark(u, &height));
        return make_tuple(u, height);
    case 'a': /* APPEND */
        return fill(u, u->stack.n - 1, TORSH_VALUE_LIST);
    case 's': /* SETITEM */
        return fill(u, u->stack.n - 2, TORSH_VALUE_DICT);
    case 'e': /* APPENDS */
        TRY(torsh__unpickler_pop_mark(u, &height));
        return fill(u, height, TORSH_VALUE_LIST);
    case 'u': /* SETITEMS */
        TRY(torsh__unpickler_pop_mark(u, &height));
        return fill(u, height, TORSH_VALUE_DICT);
    case 'q': /* BINPUT */
    case 'r': /* LONG_BINPUT */
        TRY(take_number(u, *op == 'q' ? 1 : 4, &x));
        return torsh__unpickler_put(u, x);
    case 0x94: /* MEMOIZE */
        return torsh__unpickler_put(u, (uint64_t)u->memo_n);
    case 'h': /* BINGET */
    case 'j': /* LONG_BINGET */
        TRY(take_number(u, *op == 'h' ? 1 : 4, &x));
        return torsh__unpickler_get(u, x);
    case 'c': /* GLOBAL */
        return read_global(u);
    case 0x93: /* STACK_GLOBAL */
        return stack_global(u);
    case 'Q': /* BINPERSID */
        return torsh__unpickler_storage(u);
    case 'R': /* REDUCE */
        return torsh__unpickler_call(u);
    case 'b': /* BUILD */
        return build(u);
    default:
        return torsh__unpickler_fail(u, "has opcode 0x%02x; torch.save does not write that", *op);
    }
}

torsh_status_t torsh__unpickler_run(torsh__unpickler_t *u)
{
    bool done = false;
    while (!done)
        TRY(step(u, &done));
    return TORSH_OK;
}
